/**
 * Entries as a tar archive that every tar of a board reads: ustar, with GNU's records for long names. tar-stream would
 * write names beyond ASCII and long ones as pax records, which busybox skips: the file would come out under another name.
 */
import { bytesOf } from './digest.ts';
import type { FileEntry, UploadEntry } from './tree.ts';

const block = 512;
/** A header's field for a name. */
const nameBytes = 100;

/** Bytes that the archive of the entries has. */
export function archiveSize(entries: readonly UploadEntry[]): number {
  return entries.reduce((sum, entry) => sum + entrySize(entry), 2 * block);
}

/** Bytes that one entry has in an archive. */
export function entrySize(entry: UploadEntry): number {
  const long = (text: string): number =>
    Buffer.byteLength(text) > nameBytes ? block + padded(Buffer.byteLength(text) + 1) : 0;
  const body = entry.kind === 'file' ? padded(entry.size) : 0;
  return block + body + long(nameOf(entry)) + (entry.kind === 'symlink' ? long(entry.target) : 0);
}

/** Few large pieces cost the sender less than a header, a file and its padding each by themselves. */
const pieceBytes = 256 << 10;

/**
 * @param mtime seconds since 1970 that every entry gets
 * @throws RangeError where a source has other than the size that was said
 */
export async function* archive(entries: readonly UploadEntry[], mtime: number): AsyncGenerator<Uint8Array> {
  const pieces = new Pieces();
  for (const entry of entries) {
    const name = nameOf(entry);
    if (Buffer.byteLength(name) > nameBytes) yield* pieces.add(longRecord('L', name));
    if (entry.kind === 'symlink' && Buffer.byteLength(entry.target) > nameBytes)
      yield* pieces.add(longRecord('K', entry.target));
    const head = header(entry, name, mtime);
    if (!pieces.takes(head)) yield* pieces.add(head);
    if (entry.kind !== 'file') continue;
    const { content, size } = entry;
    if (!(content instanceof Uint8Array) || content.length !== size) yield* fromSource(entry, pieces);
    else if (!pieces.takes(content)) yield* pieces.add(content);
    const padding = zeros.subarray(0, padded(size) - size);
    if (!pieces.takes(padding)) yield* pieces.add(padding);
  }
  yield* pieces.add(zeros);
  yield* pieces.rest();
}

const zeros = Buffer.alloc(2 * block);

async function* fromSource({ path, size, content }: FileEntry, pieces: Pieces): AsyncGenerator<Uint8Array> {
  let sent = 0;
  for await (const chunk of bytesOf(content)) {
    sent += chunk.length;
    if (sent > size) break;
    yield* pieces.add(chunk);
  }
  if (sent !== size) throw new RangeError(`${JSON.stringify(path)} is no longer of ${size} bytes`);
}

/** Gathers bytes into pieces of one size; each is a buffer of its own, because whoever gets it may keep it. */
class Pieces {
  #piece = Buffer.allocUnsafe(pieceBytes);
  #length = 0;

  /** Whether there was room for them without filling a piece: asking a generator costs more than most entries do. */
  takes(bytes: Uint8Array): boolean {
    if (this.#length + bytes.length >= pieceBytes) return false;
    this.#piece.set(bytes, this.#length);
    this.#length += bytes.length;
    return true;
  }

  *add(bytes: Uint8Array): Generator<Uint8Array> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + pieceBytes - this.#length);
      this.#piece.set(part, this.#length);
      this.#length += part.length;
      at += part.length;
      if (this.#length < pieceBytes) continue;
      yield this.#piece;
      this.#piece = Buffer.allocUnsafe(pieceBytes);
      this.#length = 0;
    }
  }

  *rest(): Generator<Uint8Array> {
    if (this.#length > 0) yield this.#piece.subarray(0, this.#length);
  }
}

/** "./" keeps a name that begins with "-" from being an option, and is what find prints. */
function nameOf({ path, kind }: UploadEntry): string {
  return kind === 'directory' ? `./${path}/` : `./${path}`;
}

const typeFlag = { file: '0', symlink: '2', directory: '5' } as const;

function header(entry: UploadEntry, name: string, mtime: number): Buffer {
  return record({
    name,
    mode: entry.kind === 'symlink' ? 0o777 : entry.mode,
    size: entry.kind === 'file' ? entry.size : 0,
    mtime,
    type: typeFlag[entry.kind],
    link: entry.kind === 'symlink' ? entry.target : '',
  });
}

function longRecord(type: 'L' | 'K', text: string): Buffer {
  const bytes = Buffer.from(`${text}\0`);
  const body = Buffer.alloc(padded(bytes.length));
  bytes.copy(body);
  return Buffer.concat([
    record({ name: '././@LongLink', mode: 0, size: bytes.length, mtime: 0, type, link: '' }),
    body,
  ]);
}

interface Fields {
  readonly name: string;
  readonly mode: number;
  readonly size: number;
  readonly mtime: number;
  readonly type: string;
  readonly link: string;
}

function record({ name, mode, size, mtime, type, link }: Fields): Buffer {
  const bytes = Buffer.from(blank);
  const end = bytes.write(name, 0, nameBytes);
  bytes.write(octal(mode, 7), 100, 'latin1');
  bytes.write(octal(size, 11), 124, 'latin1');
  bytes.write(octal(mtime, 11), 136, 'latin1');
  bytes.write(type, 156, 'latin1');
  const linkEnd = 157 + bytes.write(link, 157, nameBytes);
  const sum =
    blankSum +
    sumOf(bytes, 0, end) +
    sumOf(bytes, 100, 108) +
    sumOf(bytes, 124, 148) +
    sumOf(bytes, 156, linkEnd);
  bytes.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return bytes;
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0');
}

/** What all headers have: owner and group 0, the format's name, and blanks where the sum will be. */
const blank = Buffer.alloc(block);
blank.write(octal(0, 7), 108);
blank.write(octal(0, 7), 116);
blank.write('        ', 148);
blank.write('ustar  \0', 257, 'latin1');
/** Adding all 512 bytes of a thousand headers would take longer than all the rest of an archive. */
const blankSum = sumOf(blank, 0, block);

function sumOf(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at++) sum += bytes[at] ?? 0;
  return sum;
}

function padded(size: number): number {
  return Math.ceil(size / block) * block;
}
