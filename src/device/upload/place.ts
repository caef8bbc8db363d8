/** A place on a board, and what is run beside it. */
import { randomBytes } from 'node:crypto';
import { type Device, type RunOptions, script, succeeded } from '../device.ts';
import { answerLimit, SessionAnswer } from './answer.ts';
import { archive } from './archive.ts';
import { type Inventory, readInventory } from './inventory.ts';
import { type Parcel, sentBytes } from './parcel.ts';
import { counting, type Progress } from './progress.ts';
import { type PlaceScripts, receiveLines } from './script-parts.ts';
import { sendFiles } from './send-files.ts';
import { expressionOf, type Sort } from './sorts.ts';
import { type Stamping, type Switching, switchOver } from './switch.ts';
import { type Answer, cannotReceive, failedAt, uploadFailure } from './trouble.ts';

export interface UploadOptions {
  /** Seconds since 1970 that every file and folder gets; 0 by default, so that two uploads are the same. */
  readonly mtime?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** What is done, as it is begun: for progress, and for tests of the order. */
  readonly onStep?: (step: UploadStep) => void;
  readonly signal?: AbortSignal;
  /** Longest time without a byte in either direction, in milliseconds; two minutes by default, because flash erases. */
  readonly silenceMs?: number;
  /** Reads every file on the board, even where nobody wrote to any since the last upload. */
  readonly reread?: boolean;
}

export type UploadStep = 'ask' | 'send' | 'verify' | 'switch' | 'discard';

const silence = 120_000;
/** How long the board may take to give up after an abort, in milliseconds. */
const lateMs = 5_000;

/** What became of asking and sending. */
export interface Exchanged {
  readonly before: Inventory;
  /** undefined where there was nothing to send. */
  readonly sent?: { readonly parcel: Parcel; readonly after: Inventory };
}

interface RunAnswer extends Answer {
  readonly ok: boolean;
  readonly bytes: Buffer;
}

export class Place {
  readonly #device: Device;
  readonly #options: UploadOptions;
  /** A line that begins with it is the script's, whatever names and programs print. */
  readonly mark = `ovl-${randomBytes(12).toString('hex')}`;
  readonly dest: string;
  readonly scripts: PlaceScripts;

  constructor(device: Device, dest: string, scripts: PlaceScripts, options: UploadOptions) {
    this.#device = device;
    this.dest = dest;
    this.scripts = scripts;
    this.#options = options;
  }

  async run(text: string, words: readonly string[], options: RunOptions = {}): Promise<RunAnswer> {
    const { signal, silenceMs = silence } = this.#options;
    const outcome = await this.#device.run(script(text, this.dest, this.mark, ...words), {
      deadlineMs: Number.POSITIVE_INFINITY,
      silenceMs,
      limit: answerLimit,
      boardState: 'unchanged',
      ...(signal === undefined ? {} : { signal }),
      ...options,
    });
    return {
      ok: succeeded(outcome),
      bytes: outcome.stdout,
      stdout: outcome.stdout.toString('utf8'),
      stderr: outcome.stderr.toString('utf8'),
    };
  }

  #step(step: UploadStep): void {
    this.#options.onStep?.(step);
  }

  /**
   * Asks what is there, and goes on with what `choose` makes of it.
   * @param wanted digest of the tree, for which the board's stamp is believed; empty where none is
   * @param choose gives what is to be sent, or undefined
   */
  async exchange(
    sorts: readonly Sort[],
    wanted: string,
    choose: (before: Inventory) => Promise<Parcel | undefined>,
  ): Promise<Exchanged> {
    this.#step('ask');
    const session = new Session(this, [expressionOf(sorts), wanted], sorts, this.#options, async (before) => {
      if (before.stamp === 'same' || before.stamp === 'torn') return undefined;
      if (!before.programs.has('find')) throw cannotReceive(['find']);
      const parcel = await choose(before);
      if (parcel !== undefined) this.#step('send');
      return parcel;
    });
    try {
      const answer = await session.run();
      const { before, parcel } = session;
      if (before === undefined) throw uploadFailure(this.dest, answer, this.mark, 0);
      if (parcel === undefined) return { before };
      const sent = parcel.hasTar ? answer : await sendFiles(this, parcel, this.counter(sentBytes(parcel)));
      this.#step('verify');
      if (failedAt(sent, this.mark) !== undefined || !sent.stdout.includes(`${this.mark} synced`))
        throw uploadFailure(this.dest, sent, this.mark, parcel.bytes);
      return { before, sent: { parcel, after: readInventory(sent.bytes, this.mark, sorts) } };
    } catch (error) {
      if (session.parcel !== undefined && !this.scripts.resumes) await this.discard().catch(() => {});
      throw error;
    }
  }

  /** What is there now, read anew. */
  async reread({ expression }: Parcel, sorts: readonly Sort[]): Promise<Inventory> {
    const { bytes } = await this.run(this.scripts.finish, [expression]);
    return readInventory(bytes, this.mark, sorts);
  }

  counter(total: number): (bytes: number) => void {
    return counting(total, this.#options.onProgress ?? (() => {}));
  }

  /** @param stamping what the stamp is made of; undefined where the folder gets none */
  switch(stamping: Stamping | undefined): Switching {
    this.#step('switch');
    return switchOver(this, stamping);
  }

  /** Best effort where the connection is the trouble: what is left is removed by the next upload. */
  async discard(): Promise<void> {
    this.#step('discard');
    await this.#device.run(script(this.scripts.discard, this.dest, this.mark), { boardState: 'unchanged' });
  }
}

/** One run of uploadScript: its first answer is read while it waits for the rest of its stdin. */
class Session {
  before: Inventory | undefined;
  parcel: Parcel | undefined;
  readonly #place: Place;
  readonly #words: readonly string[];
  readonly #sorts: readonly Sort[];
  readonly #options: UploadOptions;
  readonly #choose: (before: Inventory) => Promise<Parcel | undefined>;
  readonly #answer: SessionAnswer;
  #error: unknown;

  constructor(
    place: Place,
    words: readonly string[],
    sorts: readonly Sort[],
    options: UploadOptions,
    choose: (before: Inventory) => Promise<Parcel | undefined>,
  ) {
    this.#place = place;
    this.#words = words;
    this.#sorts = sorts;
    this.#options = options;
    this.#choose = choose;
    this.#answer = new SessionAnswer(`${place.mark} asked`);
  }

  /**
   * Where the archive cannot be gone on with, it ends early, and the board's tar fails and takes the staged part away: were
   * the channel closed instead, what still runs on the board would go on beside whatever is done next.
   */
  async run(): Promise<RunAnswer> {
    const { signal } = this.#options;
    const late = new AbortController();
    const abort = (): void => late.abort(signal?.reason);
    const onAbort = (): void =>
      this.parcel === undefined ? abort() : void setTimeout(abort, lateMs).unref();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const answer = await this.#place.run(this.#place.scripts.upload, this.#words, {
        stdin: this.#stdin(),
        signal: late.signal,
        onStdout: (chunk) => this.#answer.add(chunk),
      });
      if (this.#error !== undefined) throw this.#error;
      const bytes = this.#answer.rest();
      return { ...answer, bytes, stdout: bytes.toString('utf8') };
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async *#stdin(): AsyncGenerator<Uint8Array> {
    try {
      const { mark } = this.#place;
      this.before = readInventory(await this.#answer.before, mark, this.#sorts);
      this.parcel = await this.#choose(this.before);
      if (this.parcel === undefined || !this.parcel.hasTar) return;
      const { entries, packed, hashing } = this.parcel;
      const files = entries.filter(({ kind }) => kind === 'file').map(({ path }) => path);
      yield receiveLines(mark, this.parcel, files, { packed: packed !== undefined, hashing });
      const { mtime = 0 } = this.#options;
      const pieces = packed === undefined ? archive(entries, mtime) : piecesOf(packed);
      yield* this.#counted(pieces, this.#place.counter(sentBytes(this.parcel)));
    } catch (error) {
      this.#error = error;
    }
  }

  async *#counted(
    pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    count: (bytes: number) => void,
  ): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      this.#options.signal?.throwIfAborted();
      yield piece;
      count(piece.length);
    }
  }
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  const size = 32 << 10;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
