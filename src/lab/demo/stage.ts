/** Stage: where the demo plays. It has a folder for images and at most one running board; closed, it has neither. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Boot } from '../boot.ts';
import { bootBoard } from '../index.ts';
import type { BuiltBoard } from './build.ts';
import { patience } from './claim.ts';
import type { Say } from './teller.ts';

/** Longest life of one board in milliseconds. */
const lifetimeMs = 600_000;

export class Stage {
  readonly folder: string;
  readonly signal: AbortSignal;
  #boot: Boot | undefined;

  /** @param signal cuts the power of the board that runs */
  static async open(signal: AbortSignal): Promise<Stage> {
    return new Stage(await mkdtemp(join(tmpdir(), 'ovl-demo-')), signal);
  }

  private constructor(folder: string, signal: AbortSignal) {
    this.folder = folder;
    this.signal = signal;
  }

  /** The board that runs, or ran last. */
  get boot(): Boot {
    if (this.#boot === undefined) throw new Error('no board has been started');
    return this.#boot;
  }

  /**
   * Starts a board on its root and storage; returns when its own init is up.
   * @throws Failure OVL410 when that takes too long, OVL411 when the board ends before
   */
  async powerOn({ prepared, rootImage, storageImage }: BuiltBoard, say: Say): Promise<void> {
    const started = Date.now();
    this.#boot = await bootBoard({
      board: prepared.checked.board,
      rootImage,
      storageImage,
      machine: 'qemu',
      lifetimeMs,
      signal: this.signal,
      onProgress: say,
    });
    // The shell that answers is started by the board's own init.
    await this.#boot.run('true', { timeoutMs: patience, signal: this.signal });
    say(`its init runs after ${((Date.now() - started) / 1000).toFixed(1)} s`);
  }

  async close(): Promise<void> {
    await this.#boot?.cut();
    await rm(this.folder, { recursive: true, force: true });
  }
}
