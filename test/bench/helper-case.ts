/** What is measured of overlay_helper by itself, and what it should be. Pure. */
import type { Temperature } from './case.ts';

/** Goals for x86_64 (issue "the helper, small and fast"). KB are 1,000 bytes, kB of memory 1,024. */
export const goals = {
  bytes: 210_000,
  xzBytes: 105_000,
  residentKiB: 350,
  /** Times `floor`, from exec to exec of init. */
  floors: 3,
} as const;

/** The processor that the goals are for. */
export const goalArch = 'x86_64';

export interface HelperSizeRow {
  /** The verbs' own row has words here. */
  readonly arch: string;
  /** Stripped. */
  readonly bytes: number;
  /** What the file adds to a squashfs image with blocks of 128 KiB. */
  readonly xzBytes: number;
  readonly gzipBytes: number;
  /** At the end of a verb; the verbs' own row is no program, and has none. */
  readonly memory?: readonly HelperMemory[];
  /** Of `verify`, in user space. */
  readonly instructions?: number;
}

export interface HelperMemory {
  /** Words that the helper was called with, for people. */
  readonly verb: string;
  /** Resident, in KiB; of that `anonymous` its own, and not pages of the program's file. */
  readonly residentKiB: number;
  readonly anonymousKiB: number;
}

/** Ways from the old root to init in the merged root. enter.c knows them by the same names. */
export const wayNames = ['init', 'floor', 'moves', 'busybox', 'helper'] as const;
export type WayName = (typeof wayNames)[number];

export const wayTitles: Readonly<Record<WayName, string>> = {
  init: 'init executed at once',
  floor: 'static C: chroot',
  moves: "static C: the helper's system calls",
  busybox: 'busybox chroot',
  helper: 'overlay_helper enter',
};

export interface WayRow {
  readonly way: WayName;
  readonly temperature: Temperature;
  /** Instructions of each run, init's own start included. */
  readonly ticks: readonly number[];
}

export interface HelperFigures {
  readonly sizes: readonly HelperSizeRow[];
  readonly ways: readonly WayRow[];
}
