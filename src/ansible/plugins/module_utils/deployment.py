# SPDX-License-Identifier: MIT
"""Deploying: the Deployment that ovl plans, is it a change, and what it comes to."""

from ansible_collections.overlaykit.board.plugins.module_utils.program import warnings_of


def deploy(board, params, check_mode):
    """Puts a bundle on a board, or in check mode looks what that would mean."""
    words = [params["bundle"], board.host]
    if check_mode:
        document = board.look("deploy", ["--dry-run", *options_of(params)], words)
    else:
        document = board.act("deploy", ["--yes", *options_of(params)], words)
    deployment = document["deployment"]
    outcome = document.get("outcome")
    return {
        "changed": document["changed"],
        "outcome": outcome,
        "release": deployment["release"],
        "plan": deployment["planDigest"],
        "previous": deployment.get("current"),
        "steps": [step["kind"] for step in deployment["steps"]],
        "restart_needed": outcome == "waiting",
        "deployment": deployment,
        "said": document.get("said", []),
        "diff": difference(board.host, deployment),
        "warnings": warnings_of(document),
    }


def options_of(params):
    """The options of ovl deploy."""
    values = [(name, params.get(name)) for name in ("wait", "loader", "image", "slot")]
    given = [word for name, value in values if value is not None for word in (f"--{name}", value)]
    return given if params["reboot"] else ["--no-reboot", *given]


def difference(host, deployment):
    """What boots before and after, in the form of Ansible's diff mode."""
    before, after = [], []
    if deployment["steps"]:
        was = deployment.get("current")
        before.append("" if was is None else f"release {was}\n")
        after.append("" if deployment["release"] == "" else f"release {deployment['release']}\n")
        after.append(f"plan {deployment['planDigest']}\n")
    for step in deployment["steps"]:
        if step["kind"] == "edit-loader":
            before.append(f"{step['path']}:\n{step['from']}\n")
            after.append(f"{step['path']}:\n{step['to']}\n")
    header = f"what {host} boots"
    return {
        "before_header": header,
        "after_header": header,
        "before": "".join(before),
        "after": "".join(after),
    }
