/** A file that somebody else writes to, read as it grows. */
import { type FileHandle, open } from 'node:fs/promises';

/** How often it is looked at, in milliseconds. */
const everyMs = 50;

export class FollowedFile {
  readonly #path: string;
  readonly #feed: (bytes: Buffer) => void;
  #file: FileHandle | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> = Promise.resolve();

  constructor(path: string, feed: (bytes: Buffer) => void) {
    this.#path = path;
    this.#feed = feed;
    this.#timer = setInterval(() => this.#readSoon(), everyMs);
  }

  /** Reads what is left, and lets go of the file. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#readSoon();
    await this.#reading;
    await this.#file?.close();
  }

  #readSoon(): void {
    this.#reading = this.#reading.then(() => this.#readOn());
  }

  /** The writer makes the file; until then there is nothing to read. */
  async #readOn(): Promise<void> {
    this.#file ??= await open(this.#path, 'r').catch(() => undefined);
    if (this.#file === undefined) return;
    const buffer = Buffer.alloc(64 * 1024);
    for (;;) {
      const { bytesRead } = await this.#file.read(buffer);
      if (bytesRead === 0) return;
      this.#feed(Buffer.from(buffer.subarray(0, bytesRead)));
    }
  }
}
