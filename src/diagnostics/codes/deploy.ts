import type { CodeEntry } from './entry.ts';

/** OVL7xx: Deployments. */
export const deployCodes = {} as const satisfies Record<string, CodeEntry>;
