/** What `overlay_helper bench --json` says: times as they were measured. `bench.ts` beside this makes something of them. */

export const benchSchema = 'overlaykit.bench/1';

/**
 * `copy-up`: the first write to a file of the base, against writing a file of that size. `rewrite`: 512 bytes of a file that
 * is in the upper already. `create`, `delete`: small files of the upper. `whiteout`: deleting files of the base, against
 * deleting files. `read`: a file of the upper. `base-read`, `base-walk`: the base through the union, against the base
 * itself, from memory; the two with `cold` after the caches were dropped.
 */
export const benchActions = [
  'copy-up',
  'read',
  'rewrite',
  'create',
  'delete',
  'whiteout',
  'base-read',
  'base-walk',
  'base-read-cold',
  'base-walk-cold',
] as const;
export type BenchAction = (typeof benchActions)[number];

export interface BenchCost {
  readonly action: BenchAction;
  /** Of each file; 0 where that says nothing. */
  readonly bytes: number;
  /** Files, or directories that were listed with the status of all that is in them: one time is for all of them. */
  readonly count: number;
  /** Nanoseconds, one for each round; both lists have the same length. */
  readonly union: readonly number[];
  /** The same without the union. */
  readonly plain: readonly number[];
}

export interface BenchReport {
  readonly schema: typeof benchSchema;
  readonly rung: string;
  readonly kernel: string;
  /** Types of file systems: the union, what is below its upper, and the base. */
  readonly union: string;
  readonly storage: string;
  readonly base: string;
  /** Whether the storage is memory, which nothing wears out. */
  readonly volatile: boolean;
  /** Whether every write waited until the storage had it. */
  readonly sync: boolean;
  /** Rounds that were measured, and that were asked for. */
  readonly rounds: number;
  readonly wanted: number;
  /** Bytes of files that were written to the storage, through the union and beside it. */
  readonly written: number;
  /** What was not measured, and why. */
  readonly left: readonly string[];
  readonly costs: readonly BenchCost[];
}

/**
 * What is done unless somebody asks for more: flash wears out, and boards have other things to do. Rounds are even in number,
 * so that each side comes first as often as the other.
 */
export const benchDefaults = { budget: 4 << 20, rounds: 8, seconds: 60 } as const;
/** The most that can be asked for. */
export const benchLimits = { budget: 1024 * (1 << 20), rounds: 100, seconds: 3600 } as const;
