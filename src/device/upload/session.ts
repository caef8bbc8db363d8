/** One run of an upload's script: its answers are read while it waits for the rest of its stdin. */
import type { RunOptions } from '../device.ts';
import { SessionAnswer } from './answer.ts';
import { archive } from './archive.ts';
import { type Inventory, readInventory } from './inventory.ts';
import { type Parcel, sentBytes } from './parcel.ts';
import type { Place, RunAnswer, UploadOptions } from './place.ts';
import { portionsOf, type Staying } from './portions.ts';
import { receiveLines } from './script-parts.ts';
import type { Sort } from './sorts.ts';
import { type Stamping, stampFor } from './switch.ts';

/** Asks what is to be sent, or undefined for nothing. */
export type Choose = (before: Inventory) => Promise<Parcel | undefined>;

/** Whether what arrived is to be switched to at once, and what its stamp is made of then. */
export type Judge = (
  parcel: Parcel,
  after: Inventory,
) => Promise<{ readonly stamping: Stamping | undefined } | undefined>;

export interface SessionOptions {
  readonly place: Place;
  readonly words: readonly string[];
  readonly sorts: readonly Sort[];
  readonly options: UploadOptions;
  readonly choose: Choose;
  /** Where the session goes on to the switch. */
  readonly judge: Judge | undefined;
}

/** How long the board may take to give up after an abort, in milliseconds. */
const lateMs = 5_000;
/** Longer archives come in portions, or end stdin: a head that copies one byte after the other (busybox) would be what takes longest. */
const mostAtOnce = 1 << 20;

export class Session {
  before: Inventory | undefined;
  parcel: Parcel | undefined;
  /** What there is in the end, where the session went on from there. */
  after: Inventory | undefined;
  /** Whether the board was told to switch: from then on what it did is only known from its answer. */
  switching = false;
  /** When the board has said that it has switched; never rejected. */
  readonly switched: Promise<void>;
  #tellSwitched: () => void = () => {};
  readonly #is: SessionOptions;
  readonly #answer: SessionAnswer;
  #error: unknown;

  constructor(is: SessionOptions) {
    this.#is = is;
    this.#answer = new SessionAnswer(is.place.mark);
    this.switched = new Promise((resolve) => {
      this.#tellSwitched = resolve;
    });
  }

  /**
   * Where the archive cannot be gone on with, it ends early, and the board's tar fails and takes the staged part away: were
   * the channel closed instead, what still runs on the board would go on beside whatever is done next.
   */
  async run(): Promise<RunAnswer> {
    const { place, words, options } = this.#is;
    const { signal } = options;
    const late = new AbortController();
    const abort = (): void => late.abort(signal?.reason);
    const onAbort = (): void =>
      this.parcel === undefined ? abort() : void setTimeout(abort, lateMs).unref();
    signal?.throwIfAborted();
    signal?.addEventListener('abort', onAbort, { once: true });
    try {
      const answer = await place.run(place.scripts.upload, words, {
        stdin: this.#stdin(),
        // Every piece is a whole one, and some are answered before there is another.
        live: true,
        signal: late.signal,
        onStdout: (chunk) => this.#answer.add(chunk),
      } satisfies RunOptions);
      if (this.#error !== undefined) throw this.#error;
      const bytes = this.#answer.rest();
      return { ...answer, bytes, stdout: bytes.toString('utf8') };
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async *#stdin(): AsyncGenerator<Uint8Array> {
    try {
      const { place, sorts, choose, judge } = this.#is;
      this.before = readInventory(await this.#answer.until('asked'), place.mark, sorts);
      this.parcel = await choose(this.before);
      if (this.parcel === undefined || !this.parcel.hasTar) return;
      const staying =
        judge === undefined || this.parcel.way === 'beside'
          ? undefined
          : await this.#staying(this.parcel, this.before);
      yield* this.#instructions(this.parcel, staying);
      if (judge !== undefined && staying !== undefined) yield* this.#verdict(this.parcel, judge);
    } catch (error) {
      this.#error = error;
    }
  }

  /** How the archive comes where stdin goes on behind it; undefined where it ends stdin, and the switch is a session of its own. */
  async #staying({ bytes, entries }: Parcel, { digest }: Inventory): Promise<Staying | undefined> {
    const ready = await this.#answer.until('ready');
    const says = (word: string): boolean => ready.includes(`${this.#is.place.mark} ${word}\n`);
    if (!says('stays')) return undefined;
    if (bytes <= mostAtOnce) return { kind: 'whole', bytes };
    if (!says('exactly') || digest === 'wc -c') return undefined;
    return { kind: 'portions', portions: portionsOf(entries) };
  }

  async *#instructions(parcel: Parcel, staying: Staying | undefined): AsyncGenerator<Uint8Array> {
    const { place, options } = this.#is;
    const { entries, packed } = parcel;
    const files = entries.filter(({ kind }) => kind === 'file').map(({ path }) => path);
    yield receiveLines(place.mark, parcel, files, {
      packed: packed !== undefined,
      ...(staying === undefined ? {} : { staying }),
    });
    if (staying?.kind !== 'portions') {
      const pieces = packed === undefined ? archive(entries, options.mtime ?? 0) : piecesOf(packed);
      yield* this.#counted(pieces, place.counter(sentBytes(parcel)));
      return;
    }
    const count = place.counter(staying.portions.reduce((sum, { bytes }) => sum + bytes, 0));
    for (const { names, entries: some } of staying.portions) {
      yield names;
      yield* this.#counted(archive(some, options.mtime ?? 0), count);
    }
  }

  async *#counted(
    pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    count: (bytes: number) => void,
  ): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      this.#is.options.signal?.throwIfAborted();
      yield piece;
      count(piece.length);
    }
  }

  /** Says nothing where what arrived is wrong, or nobody wants it any more: the board then takes it away. */
  async *#verdict(parcel: Parcel, judge: Judge): AsyncGenerator<Uint8Array> {
    const { place, sorts, options } = this.#is;
    const bytes = await orAborted(this.#answer.until('synced'), options.signal);
    place.step('verify');
    this.after = readInventory(bytes, place.mark, sorts);
    const verdict = await judge(parcel, this.after);
    options.signal?.throwIfAborted();
    if (verdict === undefined) return;
    place.step('switch');
    this.switching = true;
    this.#answer.until('switched').then(() => this.#tellSwitched());
    yield Buffer.from(`${place.mark} switch\n`);
    if (verdict.stamping !== undefined) yield* stampFor(verdict.stamping);
  }
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  let abort = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    abort = () => reject(signal.reason);
  });
  signal.throwIfAborted();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  const size = 32 << 10;
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
