/** Change: what an upper says about one path of the union, whatever union system wrote it. */
import type { LayerEntry } from './entry.ts';

export type Change =
  /** The path is gone. */
  | { readonly kind: 'deleted'; readonly path: string }
  /** A path that the base does not have. */
  | { readonly kind: 'created'; readonly path: string; readonly entry: LayerEntry }
  /** A path that the base has too; for a directory only its attributes. `base` says what the base has there. */
  | { readonly kind: 'changed'; readonly path: string; readonly entry: LayerEntry; readonly base: LayerEntry }
  /** Whether the base has it is not known: no listing of it was given. */
  | { readonly kind: 'written'; readonly path: string; readonly entry: LayerEntry }
  /** A directory in place of the base's: nothing of the base is seen in it. */
  | { readonly kind: 'replaced'; readonly path: string; readonly entry: LayerEntry }
  /** A directory with what the base has at `from`. */
  | { readonly kind: 'moved'; readonly path: string; readonly from: string; readonly entry: LayerEntry }
  /** Attributes of the upper, data of the base at `from`. */
  | { readonly kind: 'attributes'; readonly path: string; readonly from: string; readonly entry: LayerEntry };
