/** What `overlay_helper status --json`, `list --json` and `usage --json` say, one JSON object each; read by ovl over SSH. */
import type { State } from './state.ts';

export const reportSchema = 'overlaykit.status/1';
export const listSchema = 'overlaykit.generations/1';
export const usageSchema = 'overlaykit.usage/1';

/**
 * How the verbs of the running board end. `no`: the question's answer is no (status: something is wrong; sweep and drop: not
 * everything could be deleted). `refused`: not possible as things are, nothing was changed.
 */
export const verbExit = { done: 0, no: 1, usage: 2, refused: 3, failed: 4 } as const;

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
  /** The ledger of the last boots, in the order of its files. */
  readonly boots: readonly string[];
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
