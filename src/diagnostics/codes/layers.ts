import type { CodeEntry } from './entry.ts';

/** OVL8xx: Layers. */
export const layersCodes = {} as const satisfies Record<string, CodeEntry>;
