/** A deadline that stands still while a person is asked something. */
export class Patience {
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #left: number;
  #since = 0;

  constructor(milliseconds: number) {
    this.#left = milliseconds;
    this.resume();
  }

  /** Aborted when the time is over. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  pause(): void {
    clearTimeout(this.#timer);
    this.#left -= performance.now() - this.#since;
  }

  resume(): void {
    this.#since = performance.now();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#stop.abort(), Math.max(0, Math.min(this.#left, 2 ** 31 - 1)));
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}
