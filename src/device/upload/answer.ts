/** The two answers of an upload's session, as they come: what was there before, and what is there after. */
import { Failure } from '../../diagnostics/diagnostic.ts';

/** A listing of a hundred thousand names. */
export const answerLimit = 64 << 20;

export class SessionAnswer {
  readonly #chunks: Buffer[] = [];
  readonly #last: Buffer;
  #bytes = 0;
  #before: Buffer | undefined;
  #asked: (before: Buffer) => void = () => {};
  /** The first answer, when it is complete. Never rejected: whoever waits also watches for the end of the session. */
  readonly before = new Promise<Buffer>((resolve) => {
    this.#asked = resolve;
  });

  /** @param last the line that ends the first answer */
  constructor(last: string) {
    this.#last = Buffer.from(`${last}\n`);
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
    this.#chunks.push(Buffer.from(chunk));
    if (this.#before !== undefined) return;
    // The script waits after this line: it is the end of what has come, whole or in pieces.
    let end = Buffer.alloc(0);
    for (let at = this.#chunks.length; at > 0 && end.length < this.#last.length; )
      end = Buffer.concat([this.#chunks[--at] ?? end, end]);
    if (!end.subarray(-this.#last.length).equals(this.#last)) return;
    this.#before = Buffer.concat(this.#chunks.splice(0));
    this.#asked(this.#before);
  }

  /** What came since, or all where the first answer never came to its end. */
  rest(): Buffer {
    return Buffer.concat(this.#chunks);
  }
}
