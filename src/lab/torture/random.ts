/** Chance that can be had again: the same seed and the same purpose give the same numbers on every machine. */
import { createHash } from 'node:crypto';

export class Random {
  readonly #seed: string;
  #state: number;

  constructor(seed: string) {
    this.#seed = seed;
    this.#state = createHash('sha256').update(seed).digest().readUInt32LE(0);
  }

  /** Numbers of their own for one purpose: how many are drawn for one does not change those of another. */
  of(purpose: string | number): Random {
    return new Random(`${this.#seed}/${purpose}`);
  }

  /** From 0 up to, but not, 1 (mulberry32). */
  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` up to, but not, `end`. */
  whole(least: number, end: number): number {
    return least + Math.floor(this.fraction() * (end - least));
  }

  chance(probability: number): boolean {
    return this.fraction() < probability;
  }

  /** @throws RangeError where there is nothing to pick from */
  pick<T>(from: readonly T[]): T {
    const one = from[this.whole(0, from.length)];
    if (one === undefined) throw new RangeError('nothing to pick from');
    return one;
  }

  /** So many different whole numbers below `end`, or all there are, in order. */
  some(end: number, count: number): readonly number[] {
    const left = Array.from({ length: end }, (_, index) => index);
    const chosen = Array.from({ length: Math.min(count, end) }, () =>
      left.splice(this.whole(0, left.length), 1),
    );
    return chosen.flat().toSorted((a, b) => a - b);
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.whole(0, 256));
  }
}
