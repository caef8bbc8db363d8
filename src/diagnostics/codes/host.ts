import type { CodeEntry } from './entry.ts';

/** OVL4xx: Host tools, files and permissions. */
export const hostCodes = {
  OVL401: {
    title: 'a tool is not installed on this machine',
    explanation: `overlaykit calls well-known programs for what they do best: mksquashfs for squashfs, QEMU for virtual boards.
The message names the program, what it is needed for, and the Debian package that brings it. Install it with the command
under "fix" and run the same command again; nothing was changed.`,
  },
} as const satisfies Record<string, CodeEntry>;
