#!/usr/bin/python
# SPDX-License-Identifier: MIT
"""The module usage; its action is plugins/action/with_ovl.py."""

DOCUMENTATION = r"""
---
module: usage
short_description: Says what fills the writable layer of a board
version_added: 0.1.0
description:
  - Names the largest files, and the files that the layers below have just so. Nothing is changed.
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
seealso:
  - module: overlaykit.board.reset
"""

EXAMPLES = r"""
- name: What is so large?
  overlaykit.board.usage:
  register: room

- name: The first three
  ansible.builtin.debug:
    msg: "{{ room.usage.largest[:3] | map(attribute='path') }}"
"""

RETURN = r"""
usage:
  description: What C(ovl usage --json) says.
  returned: success
  type: dict
  contains:
    rung:
      description: Rung of the ladder.
      type: str
    bytes:
      description: Of the whole layer.
      type: int
    inodes:
      description: Of the whole layer.
      type: int
    largest:
      description: What takes most of it, the largest first.
      type: list
      elements: dict
    whiteouts:
      description: Entries that hide something of the layers below.
      type: int
    equal:
      description: Files that the layers below have just so.
      type: dict
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
    run_module("usage")


if __name__ == "__main__":
    main()
