# SPDX-License-Identifier: MIT
"""What a module is where a task is delegated to another host than the controller: the same call of ovl, there."""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.overlaykit.board.plugins.module_utils.arguments import argument_spec, required_together
from ansible_collections.overlaykit.board.plugins.module_utils.verbs import perform


def run_module(verb):
    """Reads the options, does it, and says what came of it."""
    module = AnsibleModule(
        argument_spec=argument_spec(verb),
        required_together=required_together(verb),
        supports_check_mode=True,
    )
    result = perform(verb, module.params, module.check_mode)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)
