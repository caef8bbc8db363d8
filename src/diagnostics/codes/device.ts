import type { CodeEntry } from './entry.ts';

/** OVL6xx: Unsuitable devices. */
export const deviceCodes = {
  OVL601: {
    title: 'what answers runs no shell script',
    explanation: `The login worked, but the commands that follow are not run by a POSIX shell: a menu, a shell of the maker, a user with
/bin/false, or a server that is no board at all. overlaykit needs sh on the board and nothing else to look at it. "because"
has what was answered. Nothing was changed.`,
  },
} as const satisfies Record<string, CodeEntry>;
