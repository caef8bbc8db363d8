#!/usr/bin/python
# SPDX-License-Identifier: MIT
"""The module snapshot; its action is plugins/action/with_ovl.py."""

DOCUMENTATION = r"""
---
module: snapshot
short_description: Copies the running generation of a board into a new one
version_added: 0.1.0
description:
  - The copy can be gone back to with M(overlaykit.board.rollback). The board goes on running meanwhile.
  - Where there is a generation of this I(name) nothing is done, whatever is in it.
options:
  name:
    description:
      - A letter, then at most 39 letters, digits and C(. _ + -). Without it every task makes another one.
    type: str
attributes:
  check_mode:
    description: Whether nothing is changed in check mode, and C(changed) says what would be.
    support: full
  diff_mode:
    description: Whether a difference is shown in diff mode.
    support: none
  idempotent:
    description: Whether the same task once more changes nothing.
    support: partial
    details: With I(name) only.
extends_documentation_fragment:
  - overlaykit.board.login
seealso:
  - module: overlaykit.board.rollback
"""

EXAMPLES = r"""
- name: To go back to
  overlaykit.board.snapshot:
    name: before-update
"""

RETURN = r"""
generation:
  description: The generation that has this name already.
  returned: where there is one
  type: dict
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
    run_module("snapshot")


if __name__ == "__main__":
    main()
