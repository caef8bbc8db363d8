/** What `overlay_helper status --json`, `list --json` and `usage --json` say, one JSON object each; read by ovl over SSH. */
import type { State } from './state.ts';

export const reportSchema = 'overlaykit.status/1';
export const listSchema = 'overlaykit.generations/1';
export const usageSchema = 'overlaykit.usage/1';

/** What a slot of the state is good for. */
export type SlotUse = 'counts' | 'older' | 'damaged' | 'newer' | 'missing';

export interface StorageReport {
  /** Type of the file system mounted at /overlay; empty where nothing is mounted there. */
  readonly fstype: string;
  readonly bytes: number;
  readonly availableBytes: number;
  /** 0 where the file system does not count them. */
  readonly inodes: number;
  readonly availableInodes: number;
  /** Whether everything is lost when the power goes. */
  readonly volatile: boolean;
  readonly full: boolean;
}

export interface BoardReport {
  readonly schema: typeof reportSchema;
  readonly board: string;
  readonly plan: string;
  readonly rung: string;
  /** Why rungs above were given up. */
  readonly reasons: readonly string[];
  /** What asked for the factory reset that was done in this boot; empty where none was. */
  readonly reset: string;
  /** The storage device that was found; empty where none was. */
  readonly device: string;
  /** What was repaired on it in this boot; empty where nothing was. */
  readonly repaired: string;
  readonly booted: number | null;
  /** null where no slot may be read as a state; a member is null where its line has "-". */
  readonly state: { readonly [K in keyof State]: number | null } | null;
  readonly slots: { readonly a: SlotUse; readonly b: SlotUse };
  /** Boots that are not confirmed before another generation is taken. */
  readonly attemptsLimit: number;
  readonly storage: StorageReport | null;
  /** What the next boot is asked to do. */
  readonly pending: { readonly reset: boolean; readonly paths: number };
  /** The base image that runs, the one that the generation fits, and how many paths wait for a decision. */
  readonly base: { readonly image: string | null; readonly fits: string | null; readonly waiting: number };
  /** The ledger of the last boots, in the order of its files. */
  readonly boots: readonly string[];
  /** Why verbs failed that overlay_init ran in these boots: "seq=N TEXT", the last one last. */
  readonly kept: readonly string[];
  /** What is wrong, in words; empty where nothing is. */
  readonly troubles: readonly string[];
}

export type Role = 'active' | 'previous' | 'trying' | 'booted';

export interface GenerationReport {
  readonly number: number;
  readonly name: string | null;
  readonly roles: readonly Role[];
  readonly bytes: number;
  readonly inodes: number;
  /** Whether the next sweep deletes it. */
  readonly doomed: boolean;
}

export interface GenerationsReport {
  readonly schema: typeof listSchema;
  readonly generations: readonly GenerationReport[];
  /** Names in /overlay/generations that are no generation; the next sweep deletes them. */
  readonly others: readonly string[];
}

/** A file, or what lies in a directory itself without what is listed of it and without its directories. */
export interface Grower {
  readonly path: string;
  readonly directory: boolean;
  readonly bytes: number;
  readonly inodes: number;
}

export interface UsageReport {
  readonly schema: typeof usageSchema;
  readonly rung: string;
  /** Of the whole upper. */
  readonly bytes: number;
  readonly inodes: number;
  /** What takes most of it, the largest first. */
  readonly largest: readonly Grower[];
  /** Entries that hide something of the layers below. */
  readonly whiteouts: number;
  /** Files that a layer below has too, the same in every byte; the first of them by name. */
  readonly equal: { readonly count: number; readonly bytes: number; readonly paths: readonly string[] };
}

export const baseSchema = 'overlaykit.base/1';

/**
 * What a new base image means for one path of the upper. Waiting until somebody says take or keep: `changed` an edited file
 * hides a version that is new; `new` a file of the upper hides one that only this base has; `unknown` an entry of the upper
 * hides something, and nobody noted whether it is new; `deleted` a whiteout hides something that is new; `type` a file and a
 * directory of one name; `opaque` a directory that was replaced hides something new; `attributes` a directory has another
 * mode or owner than the base's. Done already: `orphan` a whiteout with nothing below it was removed; `set-aside` the data of
 * a file was the old base's, and what is left of it lies in generations/N/aside; `detached` a moved directory has lost what
 * the base had in it.
 */
export const waitingKinds: readonly BaseFactKind[] = [
  'changed',
  'new',
  'unknown',
  'deleted',
  'type',
  'opaque',
  'attributes',
];
export type BaseFactKind =
  | 'changed'
  | 'new'
  | 'unknown'
  | 'deleted'
  | 'type'
  | 'opaque'
  | 'attributes'
  | 'orphan'
  | 'set-aside'
  | 'detached';

export interface BaseFact {
  readonly kind: BaseFactKind;
  /** From the root of the union; a byte string. */
  readonly path: string;
  /** More of it, without blanks; empty where there is no more. */
  readonly words: string;
}

/** What `overlay_helper base --json` says. */
export interface BaseReport {
  readonly schema: typeof baseSchema;
  /** Identity of the image that runs; null where it has none. */
  readonly image: string | null;
  readonly generation: number | null;
  /** Identity of the image that the generation fits. */
  readonly fits: string | null;
  /** The image before the last change; null where that is not known, or there was no change. */
  readonly from: string | null;
  readonly policy: string;
  /** Facts that had no room in the report. */
  readonly lost: number;
  readonly facts: readonly BaseFact[];
}

export const diffSchema = 'overlaykit.diff/1';

/** A line of `overlay_helper diff --json`, one for each change; the last line is a DiffEnd. */
export interface DiffChange {
  /**
   * Against the layers below: `type` is another kind of entry, `replaced` a directory of which nothing below is seen, `moved` one
   * that shows what lies below at `from`. A directory that is `changed` has another mode or owner.
   */
  readonly change: 'created' | 'changed' | 'deleted' | 'type' | 'replaced' | 'moved';
  /** From the root of the union, with a slash in front; a byte string. */
  readonly path: string;
  /** What was there, for what is deleted; else what is there now. */
  readonly type: 'file' | 'directory' | 'symlink' | 'character' | 'block' | 'fifo' | 'socket';
  readonly bytes: number;
  readonly from?: string;
}

export interface DiffEnd {
  readonly schema: typeof diffSchema;
  readonly rung: string;
  readonly changes: number;
  /** Files of the upper that are as the layers below have them. */
  readonly same: number;
}
