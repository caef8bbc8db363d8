import type { CodeEntry } from './entry.ts';

/** OVL6xx: Unsuitable devices. */
export const deviceCodes = {} as const satisfies Record<string, CodeEntry>;
