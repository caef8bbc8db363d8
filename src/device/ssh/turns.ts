/** How many commands run over one connection at a time; the others wait for their turn. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free++;
      else next();
    }
  }
}

/**
 * OpenSSH has ten sessions on a connection (MaxSessions), and counts those that have ended for a while. Dropbear, up to 2022.83 at least, closes a session that was just
 * opened when another one ends in the same moment, before its command is started: it gets one at a time.
 */
export function sessionsAtOnce(software: string): number {
  return software.startsWith('dropbear') ? 1 : 4;
}
