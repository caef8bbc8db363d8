#!/usr/bin/python
# SPDX-License-Identifier: MIT
"""The module rollback; its action is plugins/action/with_ovl.py."""

DOCUMENTATION = r"""
---
module: rollback
short_description: Lets a board boot the previous generation, or another
version_added: 0.1.0
description:
  - Takes effect at the next boot; see M(overlaykit.board.restart). What was changed since stays in the generation that ran.
  - Once it was asked for, and until the board has restarted, asking again changes nothing. Once it has restarted, a task
    without I(to) goes back to where it came from; name the generation in plays that run more than once.
options:
  to:
    description:
      - Number or name of the generation. By default the previous one.
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
    details: With I(to) always; without it until the board restarts.
extends_documentation_fragment:
  - overlaykit.board.login
seealso:
  - module: overlaykit.board.snapshot
"""

EXAMPLES = r"""
- name: Back to how it was
  overlaykit.board.rollback:
    to: before-update
  register: back

- name: Now
  overlaykit.board.restart:
  when: back.changed
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
    run_module("rollback")


if __name__ == "__main__":
    main()
