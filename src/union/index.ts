/** Every union system that is built, in order of preference: what `union.system: auto` takes first comes first. */
import { miniFo } from './mini-fo.ts';
import { overlay } from './overlay.ts';
import { overlayfs } from './overlayfs.ts';
import type { UnionSystem } from './system.ts';

export const unionSystems: readonly UnionSystem[] = [overlay, overlayfs, miniFo];
