/**
 * Life: how long a virtual board runs and why it ended. It never outlives us: its time is bounded, it is killed when we
 * exit, and the first reason given for its end is the one that counts.
 *
 * In: how to kill it, and when nothing of it is left. Out: the Ending. Imports no processes: machines bring their own.
 */
import type { Ending } from './boot.ts';

/** How long a board may run in all, in milliseconds, when nobody says otherwise. */
export const defaultLifetimeMs = 180_000;

export interface LifeOptions {
  /** Longest life of the board in milliseconds; then it has failed, and its power is cut. */
  readonly lifetimeMs?: number;
  /** Cuts the power when it is aborted. */
  readonly signal?: AbortSignal;
}

export interface Mortal {
  /** Ends the board at once. Synchronous, since it is also called while our process exits; may be called twice. */
  readonly kill: () => void;
  /** Settles with how it ended by itself when nothing of it runs any more. */
  readonly gone: Promise<Ending>;
  /** Removes what it needed, after that. */
  readonly tidy: () => Promise<void>;
}

export class Life {
  readonly exited: Promise<Ending>;
  readonly #mortal: Mortal;
  #why: Ending | undefined;

  constructor(mortal: Mortal, options: LifeOptions = {}) {
    this.#mortal = mortal;
    this.exited = this.#live(options);
  }

  /** Why it ended, as soon as that is known. */
  get why(): Ending | undefined {
    return this.#why;
  }

  /** Ends it now, for this reason unless there is an earlier one. */
  end(why: Ending): Promise<Ending> {
    this.#why ??= why;
    this.#mortal.kill();
    return this.exited;
  }

  /** Waits for the end that `ask` asks the board for; cuts the power when that takes longer than `timeoutMs`. */
  async endInOrder(ask: () => void, timeoutMs: number): Promise<Ending> {
    const timer = setTimeout(() => void this.end({ kind: 'cut' }), timeoutMs);
    try {
      ask();
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  async #live({ lifetimeMs = defaultLifetimeMs, signal }: LifeOptions): Promise<Ending> {
    const kill = (): void => this.#mortal.kill();
    const aborted = (): void => void this.end({ kind: 'cut' });
    const timer = setTimeout(() => void this.end(outlived(lifetimeMs)), lifetimeMs);
    process.once('exit', kill);
    signal?.addEventListener('abort', aborted);
    if (signal?.aborted) queueMicrotask(aborted);
    const ending = await this.#mortal.gone;
    this.#why ??= ending;
    clearTimeout(timer);
    process.off('exit', kill);
    signal?.removeEventListener('abort', aborted);
    await this.#mortal.tidy();
    return this.#why;
  }
}

function outlived(lifetimeMs: number): Ending {
  return { kind: 'failed', message: `the board was still running after ${lifetimeMs / 1000} s` };
}
