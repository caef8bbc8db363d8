#!/usr/bin/python
# SPDX-License-Identifier: MIT
"""The module confirm; its action is plugins/action/with_ovl.py."""

DOCUMENTATION = r"""
---
module: confirm
short_description: Says that the running boot of a board is a good one
version_added: 0.1.0
description:
  - A generation that is being tried stays from now on. Without this the board takes the one before it after some boots.
  - A release that M(overlaykit.board.deploy) has put there is confirmed by that module.
attributes:
  check_mode:
    description: Whether nothing is changed in check mode, and C(changed) says what would be.
    support: full
  diff_mode:
    description: Whether a difference is shown in diff mode.
    support: none
  idempotent:
    description: Whether the same task once more changes nothing.
    support: full
extends_documentation_fragment:
  - overlaykit.board.login
"""

EXAMPLES = r"""
- name: Is the application well?
  ansible.builtin.uri:
    url: "http://{{ ansible_host }}/health"
  delegate_to: localhost

- name: Then this boot is a good one
  overlaykit.board.confirm:
"""

RETURN = r"""
said:
  description: What the board said to it.
  returned: changed
  type: list
  elements: str
code:
  description: Code of the first problem; C(ovl explain CODE) says more.
  returned: failure
  type: str
  sample: OVL504
because:
  description: Why it is one.
  returned: failure, where it is known
  type: str
fix:
  description: What to do about it.
  returned: failure, where it is known
  type: str
board_state:
  description: What became of the board, one of C(unchanged), C(rolled back) and C(unknown).
  returned: failure
  type: str
  sample: unchanged
problems:
  description: All problems, as C(ovl --json) has them.
  returned: failure
  type: list
  elements: dict
rc:
  description: Exit code of C(ovl).
  returned: failure
  type: int
  sample: 5
cmd:
  description: The last call of C(ovl).
  returned: always
  type: list
  elements: str
"""

from ansible_collections.overlaykit.board.plugins.module_utils.on_node import run_module


def main():
    """Entry point."""
    run_module("confirm")


if __name__ == "__main__":
    main()
