import type { CodeEntry } from './entry.ts';

/** OVL5xx: Reaching a board and logging in. */
export const connectionCodes = {} as const satisfies Record<string, CodeEntry>;
