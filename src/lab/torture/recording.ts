/**
 * A recording: one boot of the board, of which power cuts are kept while it runs. What is done in it is said as a sequence
 * of stretches, so that each cut knows what was done before it and what was under way.
 *
 * In: a storage image. Out: what the storage has after each of the cuts. Two ways: flash is frozen and copied
 * (frozen-recording.ts), a disk's writes are logged and replayed (logged-recording.ts).
 */
import type { VirtualBoard } from '../qemu/virtual-board.ts';
import type { Bench } from './bench.ts';
import { FrozenRecording } from './frozen-recording.ts';
import { LoggedRecording } from './logged-recording.ts';
import type { Random } from './random.ts';

/** A power cut. */
export interface Cut {
  /** How many stretches had ended. */
  readonly ended: number;
  /** Whether the next stretch had begun. */
  readonly begun: boolean;
  /** When it was, for people. */
  readonly moment: string;
  readonly image: Uint8Array;
}

/** How densely a stretch is cut. Only a frozen recording heeds it: a log is cut at every write alike. */
export interface Density {
  readonly cuts: number;
  /**
   * How long it takes, about, in milliseconds of the running board: the cuts are at random moments of it. Without it the
   * board is stopped every few milliseconds, and the cuts are some of all that differ.
   */
  readonly spanMs?: number;
}

export interface Recording {
  readonly board: VirtualBoard;
  /** How many more cuts are wanted. */
  readonly wanted: number;
  /** Does one thing on the board: the next stretch. */
  stretch<T>(density: Density, act: () => Promise<T>): Promise<T>;
  /** Cuts the power for good and gives the cuts. */
  end(): Promise<readonly Cut[]>;
  /** Ends the board where something else went wrong. */
  abandon(): Promise<void>;
}

export interface RecordingOptions {
  readonly bench: Bench;
  /** The storage; the recording's own end leaves in it what its last power cut does. */
  readonly image: string;
  readonly cuts: number;
  readonly random: Random;
  /** Further words of the kernel command line. */
  readonly words?: readonly string[];
}

export function record(options: RecordingOptions): Promise<Recording> {
  return options.bench.storage.kind === 'jffs2'
    ? FrozenRecording.start(options)
    : LoggedRecording.start(options);
}
