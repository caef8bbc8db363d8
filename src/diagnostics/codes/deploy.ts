import type { CodeEntry } from './entry.ts';

/** OVL7xx: Deployments. */
export const deployCodes = {
  OVL730: {
    title: 'overlay_helper failed while it changed the board',
    explanation: `It had begun to change the state of the storage. Each of its changes ends with one write, so the board has the old state or
the new one, and both boot; what is half made is deleted by the next sweep. "because" has its last words: flash that is full
or worn out, most often. "ovl status" tells which state it is, and the same command can be given again.`,
  },
} as const satisfies Record<string, CodeEntry>;
