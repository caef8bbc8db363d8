# SPDX-License-Identifier: MIT
"""The options of every module; a test compares them with what the modules' documentation says."""

LOGIN = {
    "host": {"type": "str"},
    "identity": {"type": "path"},
    # Fingerprints are public; the name would make Ansible hide them.
    "host_key": {"type": "str", "no_log": False},
    "connect_timeout": {"type": "str"},
    "ssh_config": {"type": "path"},
    "executable": {"type": "path", "default": "ovl"},
}

WAIT = {"wait": {"type": "str"}}

VERBS = {
    "confirm": {},
    "deploy": {
        "bundle": {"type": "path", "required": True},
        "reboot": {"type": "bool", "default": True},
        "loader": {"type": "str"},
        "image": {"type": "path"},
        "slot": {"type": "str"},
        **WAIT,
    },
    "reset": {"path": {"type": "str"}, "sure": {"type": "bool", "default": False}},
    "restart": WAIT,
    "rollback": {"to": {"type": "str"}},
    "snapshot": {"name": {"type": "str"}},
    "status": {},
    "usage": {},
}

# Options that name files which belong to the playbook, and go along where a task is delegated.
CARRIED = ("bundle", "image")


def argument_spec(verb):
    """The options of one module, as AnsibleModule takes them."""
    return {**LOGIN, **VERBS[verb]}


def required_together(verb):
    """Options that are of no use without each other."""
    return [("image", "slot")] if verb == "deploy" else []
