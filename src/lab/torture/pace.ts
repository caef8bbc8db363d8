/** How long something takes on this machine at present: cuts are to fall into it, not behind it. */
export class Pace {
  #ms: number;

  /** @param ms what to expect of the first time */
  constructor(ms: number) {
    this.#ms = ms;
  }

  get ms(): number {
    return this.#ms;
  }

  /** Does it and takes its time into account. Standing still for copies counts too, so only quick ones are believed. */
  async time<T>(act: () => Promise<T>): Promise<T> {
    const started = performance.now();
    const result = await act();
    const took = performance.now() - started;
    this.#ms += (took < this.#ms ? 0.5 : 0.1) * (Math.min(took, 3 * this.#ms) - this.#ms);
    return result;
  }
}
