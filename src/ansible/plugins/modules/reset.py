#!/usr/bin/python
# SPDX-License-Identifier: MIT
"""The module reset; its action is plugins/action/with_ovl.py."""

DOCUMENTATION = r"""
---
module: reset
short_description: Lets a board forget all changes, or those at a path
version_added: 0.1.0
description:
  - Asks for it; the next boot does it, and forgets what is changed until then too. See M(overlaykit.board.restart).
  - What the board file keeps, and the identity of the board, stay.
options:
  path:
    description:
      - The one path whose changes are forgotten. By default everything is, other generations too.
    type: str
  sure:
    description:
      - Has to be C(true); not needed in check mode.
    type: bool
    default: false
attributes:
  check_mode:
    description: Whether nothing is changed in check mode, and C(changed) says what would be.
    support: full
  diff_mode:
    description: Whether a difference is shown in diff mode.
    support: full
  idempotent:
    description: Whether the same task once more changes nothing.
    support: full
extends_documentation_fragment:
  - overlaykit.board.login
"""

EXAMPLES = r"""
- name: What would go?
  overlaykit.board.reset:
  check_mode: true
  diff: true

- name: Factory state
  overlaykit.board.reset:
    sure: true

- name: The image's version of one file
  overlaykit.board.reset:
    path: /etc/config/wireless
    sure: true
"""

RETURN = r"""
goes:
  description: What is forgotten, with bytes and inodes.
  returned: success
  type: list
  elements: dict
stays:
  description: What is kept.
  returned: success
  type: list
  elements: dict
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
    run_module("reset")


if __name__ == "__main__":
    main()
