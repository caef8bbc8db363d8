# SPDX-License-Identifier: MIT
"""
The action behind every module. Boards have no Python, so nothing is sent to them: ovl is called here, on the controller, or
on the host that the task is delegated to. Where the board is, the inventory says, with its templates resolved.
"""

import os

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase
from ansible_collections.overlaykit.board.plugins.module_utils.arguments import (
    CARRIED,
    argument_spec,
    required_together,
)
from ansible_collections.overlaykit.board.plugins.module_utils.verbs import perform

# What a login of Ansible's own uses and ovl does not: it asks ssh_config, keys and the agent.
UNUSED = (
    "ansible_password",
    "ansible_ssh_pass",
    "ansible_ssh_common_args",
    "ansible_ssh_extra_args",
)


class ActionModule(ActionBase):
    """Calls ovl for the board that the inventory names."""

    # Ansible would log in to the board, to make a folder there.
    TRANSFERS_FILES = False

    def run(self, tmp=None, task_vars=None):
        """Takes the options, finds the board, and calls ovl."""
        result = super().run(tmp, task_vars)
        variables = task_vars or {}
        verb = self._task.action.rpartition(".")[2]
        _validated, params = self.validate_argument_spec(
            argument_spec(verb), required_together=required_together(verb)
        )
        params["host"] = params["host"] or self._address(variables)
        if self._task.delegate_to is not None and self._connection.transport != "local":
            done = self._on_node(verb, params, variables)
        else:
            done = self._here(verb, params, variables)
        warnings = [*done.pop("warnings", []), *self._unused(params, variables)]
        if not self._task.diff:
            done.pop("diff", None)
        result.update(done)
        if warnings:
            result["warnings"] = warnings
        return result

    def _here(self, verb, params, variables):
        """ovl on the controller. Relative paths are the playbook's."""
        paths = {name: self._here_path(params.get(name)) for name in ("identity", "ssh_config")}
        paths["identity"] = paths["identity"] or self._inventory_key(variables)
        if os.sep in params["executable"]:
            paths["executable"] = self._loader.path_dwim(params["executable"])
        paths.update({name: self._find(params[name]) for name in CARRIED if params.get(name) is not None})
        own = {}
        self._compute_environment_string(own)
        environment = {**os.environ, **{name: str(value) for name, value in own.items()}}
        return perform(verb, {**params, **paths}, self._task.check_mode, environment)

    def _on_node(self, verb, params, variables):
        """ovl on another host. Bundles go there; keys do not, and are looked for there."""
        try:
            carried = {name: self._carry(name, params[name]) for name in CARRIED if params.get(name) is not None}
            # As they were written: a "~" is the node's home.
            given = {**self._task.args, "host": params["host"], **carried}
            return self._execute_module(
                module_name=f"overlaykit.board.{verb}", module_args=given, task_vars=variables
            )
        finally:
            self._remove_tmp_path(self._connection._shell.tmpdir)

    def _carry(self, name, path):
        """Copies a file to the node; gives its path there."""
        there = self._connection._shell.join_path(self._make_there(), name)
        self._transfer_file(self._find(path), there)
        self._fixup_perms2((self._connection._shell.tmpdir, there))
        return there

    def _make_there(self):
        if self._connection._shell.tmpdir is None:
            self._make_tmp_path()
        return self._connection._shell.tmpdir

    def _find(self, path):
        """A file of the playbook or its role, as the module copy looks for it."""
        try:
            return self._find_needle("files", path)
        except AnsibleError as error:
            # Ansible's own words speak of an option that is not here.
            where = "there is no such file, in the folder files of the playbook or its role, or beside it"
            raise AnsibleActionFail(f"{path}: {where}") from error

    def _here_path(self, path):
        return None if path is None else self._loader.path_dwim(path)

    def _address(self, variables):
        """The board of this task as ovl is told it: USER@HOST:PORT of what the inventory has."""
        name = variables.get("inventory_hostname")
        host = self._variable(variables, "ansible_host", "ansible_ssh_host")
        port = self._variable(variables, "ansible_port", "ansible_ssh_port")
        place = host or name
        if name in constants.LOCALHOST and place in constants.LOCALHOST and port is None:
            raise AnsibleActionFail("the play is for this machine: name a board with host, or play on boards")
        user = self._variable(variables, "ansible_user", "ansible_ssh_user") or self._task.remote_user
        if ":" in place and not place.startswith("["):
            place = f"[{place}]"
        return f"{user + '@' if user else ''}{place}{':' + port if port else ''}"

    def _inventory_key(self, variables):
        path = self._variable(variables, "ansible_private_key_file", "ansible_ssh_private_key_file")
        return None if path is None else os.path.expanduser(path)

    def _variable(self, variables, *names):
        """The first of these variables that has a value, as text."""
        for name in names:
            value = self._templar.template(variables.get(name))
            if value not in (None, ""):
                return str(value)
        return None

    def _unused(self, params, variables):
        """Says which variables of the inventory ovl makes no use of; silence would look like a wrong password."""
        if params.get("ssh_config") is not None:
            return []
        unused = [name for name in UNUSED if variables.get(name)]
        if not unused:
            return []
        return [f"{', '.join(unused)}: not used by ovl, which logs in with ssh_config, keys and the agent"]
