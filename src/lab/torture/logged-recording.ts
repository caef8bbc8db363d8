/**
 * A disk with a volatile cache, cut after the fact: QEMU logs every write and flush, and each cut is a replay of the log up
 * to some write, less what no flush had covered (write-log.ts).
 */
import { copyFile, readFile, rm, stat } from 'node:fs/promises';
import type { VirtualBoard } from '../qemu/virtual-board.ts';
import type { Cut, Density, Recording, RecordingOptions } from './recording.ts';
import { readWriteLog, replay } from './write-log.ts';

/** Lengths of the log in bytes when a stretch began and when it had ended. */
interface Stretch {
  readonly begin: number;
  readonly end: number;
}

export class LoggedRecording implements Recording {
  readonly board: VirtualBoard;
  readonly #options: RecordingOptions;
  readonly #stretches: Stretch[] = [];
  readonly #log: string;
  readonly #base: string;

  static async start(options: RecordingOptions): Promise<LoggedRecording> {
    const [log, base] = [`${options.image}.log`, `${options.image}.base`];
    await copyFile(options.image, base);
    return new LoggedRecording(
      await options.bench.start(options.image, log, options.words),
      options,
      log,
      base,
    );
  }

  private constructor(board: VirtualBoard, options: RecordingOptions, log: string, base: string) {
    this.board = board;
    this.#options = options;
    this.#log = log;
    this.#base = base;
  }

  /** Until the end it is not known how many writes there are to cut after; every operation makes some. */
  get wanted(): number {
    return Math.max(0, this.#options.cuts - this.#stretches.length);
  }

  async stretch<T>(_density: Density, act: () => Promise<T>): Promise<T> {
    const begin = await this.#length();
    const result = await act();
    // QEMU answers a flush after it has logged it: what the stretch has made durable lies before this.
    this.#stretches.push({ begin, end: await this.#length() });
    return result;
  }

  async end(): Promise<readonly Cut[]> {
    await this.board.cut();
    const writes = readWriteLog(await readFile(this.#log));
    const base = await readFile(this.#base);
    await this.abandon();
    const random = this.#options.random.of('cuts');
    return random.some(writes.length + 1, this.#options.cuts).map((count, index) => {
      const offset = writes[count - 1]?.end ?? 0;
      const ended = this.#stretches.filter(({ end }) => end <= offset).length;
      const next = this.#stretches[ended];
      return {
        ended,
        begun: next !== undefined && offset > next.begin,
        moment: `after write ${count} of ${writes.length}`,
        image: replay(base, writes, count, random.of(index)),
      };
    });
  }

  async abandon(): Promise<void> {
    await this.board.cut();
    await Promise.all([this.#log, this.#base].map((path) => rm(path, { force: true })));
  }

  async #length(): Promise<number> {
    return (await stat(this.#log)).size;
  }
}
