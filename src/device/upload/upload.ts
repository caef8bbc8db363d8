/**
 * Brings a folder on a board to a state, without SFTP: one question what it has, one stream of what differs, one answer
 * what arrived; then the switch, as a step of its own. Until the switch the destination is as it was.
 */
import { randomBytes } from 'node:crypto';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { type Device, type RunOptions, script, succeeded } from '../device.ts';
import { archive, archiveSize } from './archive.ts';
import { difference } from './difference.ts';
import type { DigestProgram } from './digest.ts';
import { type Inventory, readInventory } from './inventory.ts';
import { counting, type Progress } from './progress.ts';
import { askScript, discardScript, switchScript, tarScript } from './scripts.ts';
import { sendFiles } from './send-files.ts';
import { type UploadEntry, uploadTree } from './tree.ts';
import { type Answer, cannotReceive, disagreement, failedAt, uploadFailure } from './trouble.ts';

export interface UploadOptions {
  /** Seconds since 1970 that every file and folder gets; 0 by default, so that two uploads are the same. */
  readonly mtime?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** What is done, as it is begun: for progress, and for tests of the order. */
  readonly onStep?: (step: UploadStep) => void;
  readonly signal?: AbortSignal;
  /** Longest time without a byte in either direction, in milliseconds; two minutes by default, because flash erases. */
  readonly silenceMs?: number;
}

export type UploadStep = 'ask' | 'send' | 'verify' | 'switch' | 'discard';

export interface Upload {
  /** "unchanged" where the board has all of it already: then nothing is staged, and switch() does nothing. */
  readonly kind: 'unchanged' | 'staged';
  /** Files that were sent, and bytes of the archive. */
  readonly files: number;
  readonly bytes: number;
  readonly verifiedBy: DigestProgram;
  /** Makes it the destination; what was there before is kept as DEST.ovl-previous. The last write. */
  readonly switch: () => Promise<void>;
  /** Takes the staged part away instead. */
  readonly discard: () => Promise<void>;
}

const silence = 120_000;
/** A listing of a hundred thousand names. */
const answerLimit = 64 << 20;
/** How long the board may take to give up after an abort, in milliseconds. */
const lateMs = 5_000;
/** More than this is sent afresh: names of what is to be replaced go to the board as words of a script. */
const mostReplaced = 2_000;

/**
 * @param dest absolute path on the board, of a folder or of nothing
 * @throws Failure OVL540 to OVL544, the connection's OVL53x, all with the destination unchanged; the signal's reason;
 * RangeError for paths that cannot be
 */
export async function upload(
  device: Device,
  dest: string,
  entries: readonly UploadEntry[],
  options: UploadOptions = {},
): Promise<Upload> {
  if (!/^\/(?!.*\/\/)[^\0]*[^/\0]$/s.test(dest) || /\/\.\.?(?=\/|$)/.test(dest))
    throw new RangeError(`not an absolute path: ${JSON.stringify(dest)}`);
  const board = new Place(device, dest, options);
  const tree = uploadTree(entries);
  const before = await board.ask(modesOf(tree));
  const { wanting, surplus } = await difference(tree, before, { strong: true });
  if (before.there && wanting.length === 0 && surplus.length === 0)
    return {
      kind: 'unchanged',
      files: 0,
      bytes: 0,
      verifiedBy: before.digest,
      switch: async () => {},
      discard: async () => {},
    };
  const parcel = parcelOf(tree, before, wanting, surplus);
  const after = await board.send(parcel);
  const wrong = await difference(tree, after, { strong: false, kept: keptOf(tree, parcel) });
  const differing = [...wrong.wanting.map(({ path }) => path), ...wrong.surplus];
  if (!after.there || differing.length > 0) {
    await board.discard();
    throw disagreement(dest, differing, after.digest);
  }
  return {
    kind: 'staged',
    files: parcel.entries.filter(({ kind }) => kind === 'file').length,
    bytes: parcel.bytes,
    verifiedBy: after.digest,
    switch: () => board.switch(),
    discard: () => board.discard(),
  };
}

/** What is sent, and onto what. */
export interface Parcel {
  readonly entries: readonly UploadEntry[];
  /** Whether what is there is linked first, without what is replaced. */
  readonly reuse: boolean;
  readonly replaced: readonly string[];
  readonly modes: string;
  readonly bytes: number;
  readonly hasTar: boolean;
}

function parcelOf(
  tree: ReadonlyMap<string, UploadEntry>,
  before: Inventory,
  wanting: readonly UploadEntry[],
  surplus: readonly string[],
): Parcel {
  // Folders that only want other permission bits stay; files are links to the old ones and must not be written into.
  const replaced = [
    ...surplus,
    ...wanting
      .filter(({ path, kind }) => kind !== 'directory' && before.found.get(path)?.kind === kind)
      .map(({ path }) => path),
  ];
  const reuse =
    before.there &&
    before.programs.has('cp') &&
    wanting.length < tree.size &&
    replaced.length <= mostReplaced;
  const entries = reuse ? wanting : [...tree.values()];
  return {
    entries,
    reuse,
    replaced: reuse ? replaced : [],
    modes: modesOf(tree),
    bytes: archiveSize(entries),
    hasTar: before.programs.has('tar'),
  };
}

function keptOf(tree: ReadonlyMap<string, UploadEntry>, { entries }: Parcel): ReadonlySet<UploadEntry> {
  const sent = new Set(entries);
  return new Set([...tree.values()].filter((entry) => !sent.has(entry)));
}

/** Every mode that is wanted, in octal: those that find is asked for. */
function modesOf(tree: ReadonlyMap<string, UploadEntry>): string {
  const modes = [...tree.values()].flatMap((entry) =>
    entry.kind === 'symlink' ? [] : [entry.mode.toString(8)],
  );
  return [...new Set(modes)].join(' ');
}

/** The destination, and what is run beside it. */
export class Place {
  readonly #device: Device;
  readonly #options: UploadOptions;
  /** A line that begins with it is the script's, whatever names and programs print. */
  readonly mark = `ovl-${randomBytes(12).toString('hex')}`;
  readonly dest: string;

  constructor(device: Device, dest: string, options: UploadOptions) {
    this.#device = device;
    this.dest = dest;
    this.#options = options;
  }

  async run(
    text: string,
    words: readonly string[],
    options: RunOptions = {},
  ): Promise<Answer & { readonly ok: boolean; readonly bytes: Buffer }> {
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

  step(step: UploadStep): void {
    this.#options.onStep?.(step);
  }

  async ask(modes: string): Promise<Inventory> {
    this.step('ask');
    const answer = await this.run(askScript, [modes]);
    if (failedAt(answer, this.mark) !== undefined || !answer.ok)
      throw uploadFailure(this.dest, answer, this.mark, 0);
    const inventory = readInventory(answer.bytes, this.mark);
    if (!inventory.programs.has('find')) throw cannotReceive(['find']);
    return inventory;
  }

  async send(parcel: Parcel): Promise<Inventory> {
    this.step('send');
    try {
      const answer = parcel.hasTar
        ? await this.#sendArchive(parcel)
        : await sendFiles(this, parcel, this.counter(parcel.bytes));
      this.step('verify');
      if (failedAt(answer, this.mark) !== undefined || !answer.stdout.includes(`${this.mark} synced`))
        throw uploadFailure(this.dest, answer, this.mark, parcel.bytes);
      return readInventory(answer.bytes, this.mark);
    } catch (error) {
      await this.discard().catch(() => {});
      throw error;
    }
  }

  counter(total: number): (bytes: number) => void {
    return counting(total, this.#options.onProgress ?? (() => {}));
  }

  /**
   * Where the archive cannot be gone on with, it ends early, and the board's tar fails and takes the staged part away: were
   * the channel closed instead, what still runs on the board would go on beside whatever is done next.
   */
  async #sendArchive(parcel: Parcel): ReturnType<Place['run']> {
    const words = [
      parcel.reuse ? 'reuse' : 'fresh',
      parcel.modes,
      ...parcel.replaced.map((path) => `./${path}`),
    ];
    const { signal, mtime = 0 } = this.#options;
    const late = new AbortController();
    const onAbort = (): void => void setTimeout(() => late.abort(signal?.reason), lateMs).unref();
    signal?.addEventListener('abort', onAbort, { once: true });
    const source = cutShort(archive(parcel.entries, mtime), this.counter(parcel.bytes), signal);
    try {
      const answer = await this.run(tarScript, words, { stdin: source.bytes, signal: late.signal });
      if (source.error() !== undefined) throw source.error();
      return answer;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  async switch(): Promise<void> {
    this.step('switch');
    const answer = await this.run(switchScript, [], { boardState: 'unknown' });
    if (answer.ok && answer.stdout.includes(`${this.mark} switched`)) return;
    const failure = uploadFailure(this.dest, answer, this.mark, 0);
    throw new Failure(failure.diagnostics.map((one) => ({ ...one, boardState: 'unknown' })));
  }

  /** Best effort where the connection is the trouble: what is left is removed by the next upload. */
  async discard(): Promise<void> {
    this.step('discard');
    await this.#device.run(script(discardScript, this.dest, this.mark), { boardState: 'unchanged' });
  }
}

/** The bytes up to an abort or a failure of their source, which is kept instead of thrown. */
function cutShort(
  bytes: AsyncIterable<Uint8Array>,
  count: (bytes: number) => void,
  signal: AbortSignal | undefined,
): { readonly bytes: AsyncIterable<Uint8Array>; readonly error: () => unknown } {
  let error: unknown;
  async function* iterate(): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of bytes) {
        signal?.throwIfAborted();
        yield chunk;
        count(chunk.length);
      }
    } catch (caught) {
      error = caught;
    }
  }
  return { bytes: iterate(), error: () => error };
}
