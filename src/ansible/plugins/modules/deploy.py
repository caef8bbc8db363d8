#!/usr/bin/python
# SPDX-License-Identifier: MIT
"""The module deploy; its action is plugins/action/with_ovl.py."""

DOCUMENTATION = r"""
---
module: deploy
short_description: Puts a bundle on a board, and sees that it boots
version_added: 0.1.0
description:
  - Puts a bundle of C(ovl build) on a board over SSH, restarts the board, waits, and confirms it where the board runs as it
    should.
  - The board boots the old release or the new one, whatever happens on the way. A task that was interrupted is done by the
    same task once more.
options:
  bundle:
    description:
      - The C(bundle.tar) of C(ovl build), looked for where the module copy looks. Where the task is delegated to another
        host, it is copied there.
    type: path
    required: true
  reboot:
    description:
      - Restarts the board, waits and confirms. With C(false) the board has the release and boots it when it restarts; the
        same task after that confirms it.
    type: bool
    default: true
  wait:
    description:
      - Longest time until the board answers again, such as C(90s).
    type: str
  loader:
    description:
      - Boot loader to tell, as C(ovl deploy --loader) takes it. By default the one that is found.
    type: str
  image:
    description:
      - Root image to put the bundle into, and to write to I(slot). Goes where I(bundle) goes.
    type: path
  slot:
    description:
      - Partition for I(image), as C(mtd:NAME), C(mtdN:NAME) or a path below C(/dev).
    type: str
attributes:
  check_mode:
    description: Whether nothing is changed in check mode, and C(changed) says what would be.
    support: full
    details: The board is looked at, and the steps are returned.
  diff_mode:
    description: Whether a difference is shown in diff mode.
    support: full
  idempotent:
    description: Whether the same task once more changes nothing.
    support: full
extends_documentation_fragment:
  - overlaykit.board.login
seealso:
  - module: overlaykit.board.confirm
  - module: overlaykit.board.restart
"""

EXAMPLES = r"""
- name: New release, one board first, then ten at a time
  hosts: poles
  gather_facts: false
  serial: [1, 10]
  max_fail_percentage: 0
  tasks:
    - name: Deploy
      overlaykit.board.deploy:
        bundle: out/bundle.tar
        wait: 3min

- name: Deploy from a machine near the boards
  overlaykit.board.deploy:
    bundle: out/bundle.tar
  delegate_to: gateway

- name: Leave the restart to a maintenance window
  overlaykit.board.deploy:
    bundle: out/bundle.tar
    reboot: false
"""

RETURN = r"""
outcome:
  description: What it came to; C(confirmed), C(waiting) for the next boot, or C(nothing) where all of it was there.
  returned: success, not in check mode
  type: str
  sample: confirmed
release:
  description: Name of the release of the bundle; empty for a root image.
  returned: success
  type: str
  sample: 0123456789abcdef
previous:
  description: The release that the board booted before.
  returned: success, where there is one
  type: str
plan:
  description: Digest of the plan of the bundle.
  returned: success
  type: str
steps:
  description: What was done, or would be in check mode, in its order.
  returned: success
  type: list
  elements: str
  sample: [open-root, stage, verify, switch, reboot, confirm, forget]
restart_needed:
  description: Whether the next boot is the first one of the release.
  returned: success
  type: bool
deployment:
  description: All that C(ovl deploy --json) says of the deployment.
  returned: success
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
    run_module("deploy")


if __name__ == "__main__":
    main()
