#!/usr/bin/python
# SPDX-License-Identifier: MIT
"""The module status; its action is plugins/action/with_ovl.py."""

DOCUMENTATION = r"""
---
module: status
short_description: Tells how a board runs, as facts
version_added: 0.1.0
description:
  - Asks a board on which rung of its ladder it runs and why, for its generations, its storage, and what is wrong.
  - A board that has troubles has answered, so the task does not fail. Say C(failed_when) where it should.
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
  - module: overlaykit.board.usage
"""

EXAMPLES = r"""
- name: Ask
  overlaykit.board.status:
  register: board

- name: Boards that lose changes at power-off
  ansible.builtin.debug:
    msg: "{{ inventory_hostname }}: {{ board.status.troubles | join('; ') }}"
  when: board.status.rung != 'persistent'

- name: Ask, and fail where something is wrong
  overlaykit.board.status:
  register: board
  failed_when: board.failed or not board.status.well
"""

RETURN = r"""
ansible_facts:
  description: The same as C(status), for later tasks.
  returned: success
  type: dict
  contains:
    overlaykit:
      description: The board.
      type: dict
status:
  description: The board.
  returned: success
  type: dict
  contains:
    board:
      description: Name in its board file.
      type: str
    plan:
      description: Digest of the plan that runs.
      type: str
    rung:
      description: Rung of the ladder.
      type: str
      sample: persistent
    reasons:
      description: Why rungs above it were given up.
      type: list
      elements: str
    generation:
      description: Number of the generation that runs; null where there is none.
      type: int
    next_generation:
      description: Number of the generation that boots next.
      type: int
    confirmed:
      description: Whether this boot is confirmed; null where that is not known.
      type: bool
    pending:
      description: What the next boot is asked to do.
      type: dict
    generations:
      description: The generations on the storage, with number, name, roles, bytes and inodes.
      type: list
      elements: dict
    storage:
      description: Type, bytes and inodes of the storage; null without overlay_helper.
      type: dict
    troubles:
      description: What is wrong.
      type: list
      elements: str
    well:
      description: Whether nothing is.
      type: bool
    helper:
      description: Whether the board has overlay_helper.
      type: bool
    host:
      description: How it was reached.
      type: str
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
    run_module("status")


if __name__ == "__main__":
    main()
