#!/usr/bin/python
# SPDX-License-Identifier: MIT
"""The module restart; its action is plugins/action/with_ovl.py."""

DOCUMENTATION = r"""
---
module: restart
short_description: Restarts a board, and waits until it is back
version_added: 0.1.0
description:
  - Waits until the board answers again, as the same board and in another boot. What rollback, reset and a deployment without
    restart have asked for takes effect.
  - Works on boards without Python, which M(ansible.builtin.reboot) does not.
options:
  wait:
    description:
      - Longest time until the board answers again, such as C(90s).
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
    support: none
    details: Every task is a restart.
extends_documentation_fragment:
  - overlaykit.board.login
"""

EXAMPLES = r"""
- name: Take effect
  overlaykit.board.restart:
    wait: 2min
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
    run_module("restart")


if __name__ == "__main__":
    main()
