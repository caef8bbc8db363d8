import type { CodeEntry } from './entry.ts';

/** OVL1xx: Board files: syntax, types, values, contradictions. */
export const boardCodes = {} as const satisfies Record<string, CodeEntry>;
