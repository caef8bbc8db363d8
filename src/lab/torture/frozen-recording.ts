/**
 * Flash, cut by freezing: QEMU is stopped between two instructions and the flash's file is copied. The file is the chip:
 * each byte is in it when the guest's processor has stored it, in order, so a copy is what a power cut leaves.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VirtualBoard } from '../qemu/virtual-board.ts';
import type { Random } from './random.ts';
import type { Cut, Density, Recording, RecordingOptions } from './recording.ts';

export class FrozenRecording implements Recording {
  readonly board: VirtualBoard;
  readonly #options: RecordingOptions;
  readonly #random: Random;
  readonly #cuts: Cut[] = [];
  #ended = 0;
  /** Milliseconds that the board has run for, without those that it stood still. */
  #ran = 0;

  static async start(options: RecordingOptions): Promise<FrozenRecording> {
    return new FrozenRecording(await options.bench.start(options.image), options);
  }

  private constructor(board: VirtualBoard, options: RecordingOptions) {
    this.board = board;
    this.#options = options;
    this.#random = options.random.of('moments');
  }

  get wanted(): number {
    return this.#options.cuts - this.#cuts.length;
  }

  async stretch<T>({ cuts, spanMs }: Density, act: () => Promise<T>): Promise<T> {
    const action = act();
    // Awaited below; a failure while a copy is made must not count as unhandled.
    const settled = action.then(
      () => true,
      () => true,
    );
    const delays = this.#delays(cuts, spanMs);
    for (const delay of delays) {
      if (await Promise.race([settled, sleep(delay, false)])) break;
      if (this.wanted > 0) await this.#take(delay);
    }
    const result = await action;
    this.#ended += 1;
    return result;
  }

  async end(): Promise<readonly Cut[]> {
    await this.board.cut();
    return this.#cuts;
  }

  async abandon(): Promise<void> {
    await this.board.cut();
  }

  /** Milliseconds from one cut to the next: random moments of the stretch, and a bit beyond its usual end. */
  #delays(cuts: number, spanMs: number): readonly number[] {
    const moments = Array.from({ length: cuts }, () => this.#random.fraction() * spanMs * 1.1);
    return moments.toSorted((a, b) => a - b).map((moment, index, all) => moment - (all[index - 1] ?? 0));
  }

  /** A copy that equals the one before it at the same point of the load is no further cut. */
  async #take(delay: number): Promise<void> {
    await this.board.freeze();
    this.#ran += delay;
    try {
      const image = await readFile(this.#options.image);
      const last = this.#cuts.at(-1);
      if (last !== undefined && last.ended === this.#ended && image.equals(last.image)) return;
      const moment = `frozen ${Math.round(this.#ran)} ms into its stretches`;
      this.#cuts.push({ ended: this.#ended, begun: true, moment, image });
    } finally {
      this.board.thaw();
    }
  }
}
