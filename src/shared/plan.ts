/** MountPlan: everything the boot does, in order, and what happens when it fails. plan.json is this value as JSON. */
import type { FindStorageStep, MountStep, Step, StoredIdentity } from './step.ts';

export const planSchema = 'overlaykit.plan/1';

/** The rungs of the ladder, best first. */
export type RungName = 'persistent' | 'previous' | 'committed' | 'tmpfs' | 'read-only' | 'rescue';

/** One rung: its steps run in order; the first that fails undoes the rung's mounts and the ladder goes on. */
export interface Rung {
  readonly name: RungName;
  /** What becomes of changes on this rung, in words for the log: "changes are kept in JFFS2 on MTD 'storage'". */
  readonly outcome: string;
  readonly steps: readonly Step[];
}

/** How a rung with a union enters it. The read-only and rescue rungs enter nothing. */
export interface HandOver {
  readonly how: 'pivot' | 'chroot';
  /** Where the union is mounted while the old root is still `/`. */
  readonly newRoot: string;
  /** Where the old, read-only root is found inside the merged root. */
  readonly oldRoot: string;
  /** Mounts that are moved into the merged root at the same path, in this order. */
  readonly carried: readonly string[];
  /** What is executed in the merged root, as seen from inside. */
  readonly init: string;
  /** Whether overlay_helper makes the block devices of the read-only layers read-only. */
  readonly protect?: boolean;
}

/** How uppers follow one another on the storage (docs/decisions/0005). */
export interface Generations {
  /** Milliseconds after init was executed until a boot counts as good; undefined where a program confirms it. */
  readonly confirmAfterMs?: number;
  /** Most generations that are kept at a time. */
  readonly keep: number;
  /** Boots without a confirmation after which one is given up. */
  readonly attempts: number;
}

/** The storage as its own rung finds and mounts it, for whoever needs it on another rung. */
export interface StoragePlan {
  readonly find: FindStorageStep;
  readonly mount: MountStep;
}

export interface MountPlan {
  readonly schema: typeof planSchema;
  readonly board: { readonly name: string; readonly compatible: readonly string[] };
  /** What the kernel has mounted at / when overlay_init starts. */
  readonly root: { readonly fstype: string };
  /** Runs once, before the ladder. */
  readonly prepare: readonly Step[];
  readonly ladder: readonly Rung[];
  readonly handOver: HandOver;
  readonly generations: Generations;
  /** What the last rung is; a shell where this is missing. */
  readonly rescue?: { readonly rebootAfterMs: number };
  /** Absolute paths that a factory reset keeps. */
  readonly reset: { readonly keep: readonly string[] };
  /** Undefined where the board keeps nothing. */
  readonly storage?: StoragePlan;
  /** Percent of the bytes or inodes of a tmpfs rung in use at which overlay_helper warns; undefined where it does not. */
  readonly watermark?: number;
  /** What is kept apart from the uppers; left away where the board lists nothing. */
  readonly identity?: readonly StoredIdentity[];
  /** Whether overlay_helper is asked to verify and enter. */
  readonly helper: boolean;
}
