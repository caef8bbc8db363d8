/** One measured boot: from start.c to init.c on the lab's own kernel, instructions counted. */
import { copyFile, rm } from 'node:fs/promises';
import { bootBoard } from '../../src/lab/index.ts';
import type { Temperature } from './case.ts';
import type { BenchImage } from './images.ts';
import { type BootReport, parseReport } from './markers.ts';

export interface Measured extends BenchImage {
  /** Absolute path of what PID 1 becomes. */
  readonly exec: string;
  readonly temperature: Temperature;
  /** "tmpfs" or the MTD device. */
  readonly store: string;
  /** Storage that the boot begins with; it is copied, so that every boot begins with the same. */
  readonly storage?: string;
  readonly signal?: AbortSignal;
}

/** Milliseconds: a quiet machine needs 6,000, a busy one several times that. */
const lifetimeMs = 180_000;

/** @throws Error where init did not report; Failure where there is no virtual board */
export async function measure(what: Measured): Promise<BootReport> {
  if (what.storage === undefined) return parseReport(await bootOnce(what, []));
  const copy = `${what.storage}.copy`;
  try {
    await copyFile(what.storage, copy);
    return parseReport(await bootOnce({ ...what, storage: copy }, []));
  } finally {
    await rm(copy, { force: true });
  }
}

/**
 * Boots with blank storage at `storage` and leaves it as a board has it after its first boot: formatted, with a generation
 * that is confirmed. Both go on for a while after init has started, so init waits.
 */
export async function firstBoot(what: Measured & { readonly storage: string }): Promise<void> {
  parseReport(await bootOnce(what, ['settle=yes']));
}

/** Returns the console of a whole life. */
async function bootOnce(what: Measured, words: readonly string[]): Promise<string> {
  const { board, image: rootImage, temperature, store, exec, storage, signal } = what;
  const boot = await bootBoard({
    board,
    rootImage,
    machine: 'qemu-own-kernel',
    exact: { seed: 1 },
    init: `/bench/${temperature}`,
    // A line on the serial console costs more than all that is measured, and boards are told to be quiet as well.
    cmdline: ['quiet', `store=${store}`, `exec=${exec}`, ...words],
    memoryMiB: 128,
    lifetimeMs,
    ...(storage === undefined ? {} : { storageImage: storage }),
    ...(signal === undefined ? {} : { signal }),
  });
  const ending = await boot.exited;
  signal?.throwIfAborted();
  if (ending.kind !== 'off')
    throw new Error(`the measured boot did not end by itself: ${JSON.stringify(ending)}\n${boot.console}`);
  return boot.console;
}
