# SPDX-License-Identifier: MIT
"""What the documentation of every module says of the login."""


class ModuleDocFragment:
    """How ovl reaches a board."""

    DOCUMENTATION = r"""
options:
  host:
    description:
      - >-
        The board, as C(ovl) takes it: a Host of the ssh configuration, C(user@host:port) or C(ssh://...).
      - >-
        By default it is what the inventory says with C(ansible_host), C(ansible_port) and C(ansible_user), else the name
        of the host in the inventory.
    type: str
  identity:
    description:
      - Private key that is tried first. By default C(ansible_ssh_private_key_file) of the inventory.
    type: path
  host_key:
    description:
      - The only host key that will do, as C(SHA256:...). Without it known_hosts decides; a board that is not known there
        is refused.
    type: str
  connect_timeout:
    description:
      - Longest time to connect and log in, such as C(10s).
    type: str
  ssh_config:
    description:
      - File to take instead of C(~/.ssh/config), with jump hosts, keys and known_hosts.
    type: path
  executable:
    description:
      - The program C(ovl), by name or path.
    type: path
    default: ovl
notes:
  - >-
    Boards need no Python. C(ovl) is called on the controller, or on the host that the task is delegated to; set
    C(gather_facts=false) in the play.
  - >-
    Logins are those of C(ssh), with keys and the agent. There is no option for a password, and C(ansible_password) is not
    used. What a board asks nobody can answer.
  - A failure has C(code), C(because), C(fix) and C(board_state) of the first problem, and all of them in C(problems).
requirements:
  - overlaykit (the program C(ovl)) where it is called
author:
  - the authors of overlaykit (@overlaykit)
"""
