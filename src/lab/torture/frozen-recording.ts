/**
 * Flash, cut by freezing: QEMU is stopped between two instructions and the flash's file is copied. The file is the chip:
 * each byte is in it when the guest's processor has stored it, in order, so a copy is what a power cut leaves.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { VirtualBoard } from '../qemu/virtual-board.ts';
import type { Random } from './random.ts';
import type { Cut, Density, Recording, RecordingOptions } from './recording.ts';

const longestSliceMs = 4;

export class FrozenRecording implements Recording {
  readonly board: VirtualBoard;
  readonly #options: RecordingOptions;
  readonly #random: Random;
  readonly #cuts: Cut[] = [];
  #ended = 0;
  /** Milliseconds that the board has run for, without those that it stood still. */
  #ran = 0;

  static async start(options: RecordingOptions): Promise<FrozenRecording> {
    return new FrozenRecording(await options.bench.start(options.image, undefined, options.words), options);
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
    const delays = spanMs === undefined ? this.#slices() : this.#moments(cuts, spanMs);
    const sample = new Sample(Math.min(cuts, this.wanted), this.#random);
    let last: { readonly image: Buffer } | undefined;
    for (const delay of delays) {
      if (await Promise.race([settled, sleep(delay, false)])) break;
      const cut = await this.#freeze(delay);
      // A copy that equals the one before it at the same point of the load is no further cut.
      if (last === undefined || !cut.image.equals(last.image)) sample.offer(cut);
      last = cut;
    }
    const result = await action;
    this.#cuts.push(...sample.taken);
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
  #moments(cuts: number, spanMs: number): readonly number[] {
    const moments = Array.from({ length: cuts }, () => this.#random.fraction() * spanMs * 1.1);
    return moments.toSorted((a, b) => a - b).map((moment, index, all) => moment - (all[index - 1] ?? 0));
  }

  /** Milliseconds from one cut to the next, for as long as the stretch takes. */
  *#slices(): Generator<number> {
    for (;;) yield 1 + this.#random.fraction() * longestSliceMs;
  }

  async #freeze(delay: number): Promise<Cut & { readonly image: Buffer }> {
    await this.board.freeze();
    this.#ran += delay;
    try {
      const image = await readFile(this.#options.image);
      const moment = `frozen ${Math.round(this.#ran)} ms into its stretches`;
      return { ended: this.#ended, begun: true, moment, image };
    } finally {
      this.board.thaw();
    }
  }
}

/** Some of a sequence whose length is not known, each as likely as the others, in its order. */
class Sample {
  readonly #size: number;
  readonly #random: Random;
  readonly #taken: { readonly number: number; readonly cut: Cut }[] = [];
  #offered = 0;

  constructor(size: number, random: Random) {
    this.#size = size;
    this.#random = random;
  }

  get taken(): readonly Cut[] {
    return this.#taken.toSorted((a, b) => a.number - b.number).map(({ cut }) => cut);
  }

  offer(cut: Cut): void {
    this.#offered += 1;
    const one = { number: this.#offered, cut };
    if (this.#taken.length < this.#size) {
      this.#taken.push(one);
      return;
    }
    const place = this.#random.whole(0, this.#offered);
    if (place < this.#size) this.#taken[place] = one;
  }
}
