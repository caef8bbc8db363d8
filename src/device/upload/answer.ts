/** The answers of an upload's session, one after the other, as they come. */
import { Failure } from '../../diagnostics/diagnostic.ts';

/** A listing of a hundred thousand names. */
export const answerLimit = 64 << 20;

interface Awaited {
  readonly line: Buffer;
  readonly resolve: (answer: Buffer) => void;
}

export class SessionAnswer {
  readonly #mark: string;
  /** What came since the last answer. */
  #chunks: Buffer[] = [];
  /** The end of that, because a line may come in pieces. */
  #tail: Buffer = Buffer.alloc(0);
  #bytes = 0;
  #awaited: Awaited | undefined;

  /** @param mark what the script's own lines begin with */
  constructor(mark: string) {
    this.#mark = mark;
  }

  /** @throws Failure OVL532 where the board says more than anybody asked for */
  add(chunk: Uint8Array): void {
    this.#bytes += chunk.length;
    if (this.#bytes > answerLimit)
      throw new Failure({
        code: 'OVL532',
        severity: 'error',
        message: `an upload's script wrote more than ${answerLimit} bytes to stdout`,
        because: 'nothing that is asked of a board has so long an answer; it was ended',
        boardState: 'unchanged',
      });
    const copy = Buffer.from(chunk);
    this.#chunks.push(copy);
    this.#look(Buffer.concat([this.#tail, copy]));
  }

  /**
   * What comes until the script's line of this word, with that line. One is waited for at a time.
   * Never rejected: whoever waits also watches for the end of the session.
   */
  until(word: string): Promise<Buffer> {
    return new Promise((resolve) => {
      this.#awaited = { line: Buffer.from(`${this.#mark} ${word}\n`), resolve };
      this.#look(Buffer.concat(this.#chunks));
    });
  }

  /** What came since, or all where no answer came to its end. */
  rest(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #look(recent: Buffer): void {
    const awaited = this.#awaited;
    this.#tail = recent.subarray(-(awaited?.line.length ?? 0));
    if (awaited === undefined || !recent.includes(awaited.line)) return;
    const all = Buffer.concat(this.#chunks);
    const end = all.indexOf(awaited.line) + awaited.line.length;
    this.#chunks = [all.subarray(end)];
    this.#tail = all.subarray(end);
    this.#awaited = undefined;
    awaited.resolve(all.subarray(0, end));
  }
}
