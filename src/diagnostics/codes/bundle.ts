import type { CodeEntry } from './entry.ts';

/** OVL3xx: Bundles and root images. */
export const bundleCodes = {} as const satisfies Record<string, CodeEntry>;
