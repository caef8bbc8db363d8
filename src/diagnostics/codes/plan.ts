import type { CodeEntry } from './entry.ts';

/** OVL2xx: Plans, union systems and storage. */
export const planCodes = {} as const satisfies Record<string, CodeEntry>;
