/**
 * Entries as a tar archive that every tar of a board reads: ustar, with GNU's records for long names. tar-stream would
 * write names beyond ASCII and long ones as pax records, which busybox skips: the file would come out under another name.
 */
import { bytesOf } from './digest.ts';
import type { UploadEntry } from './tree.ts';

const block = 512;
/** A header's field for a name. */
const nameBytes = 100;

/** Bytes that the archive of the entries has. */
export function archiveSize(entries: readonly UploadEntry[]): number {
  return entries.reduce((sum, entry) => {
    const long = (text: string): number =>
      Buffer.byteLength(text) > nameBytes ? block + padded(Buffer.byteLength(text) + 1) : 0;
    const body = entry.kind === 'file' ? padded(entry.size) : 0;
    return sum + block + body + long(nameOf(entry)) + (entry.kind === 'symlink' ? long(entry.target) : 0);
  }, 2 * block);
}

/**
 * @param mtime seconds since 1970 that every entry gets
 * @throws RangeError where a source has other than the size that was said
 */
export async function* archive(entries: readonly UploadEntry[], mtime: number): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    const name = nameOf(entry);
    if (Buffer.byteLength(name) > nameBytes) yield longRecord('L', name);
    if (entry.kind === 'symlink' && Buffer.byteLength(entry.target) > nameBytes)
      yield longRecord('K', entry.target);
    yield header(entry, name, mtime);
    if (entry.kind !== 'file') continue;
    let sent = 0;
    for await (const chunk of bytesOf(entry.content)) {
      sent += chunk.length;
      if (sent > entry.size) break;
      yield chunk;
    }
    if (sent !== entry.size)
      throw new RangeError(`${JSON.stringify(entry.path)} is no longer of ${entry.size} bytes`);
    yield Buffer.alloc(padded(sent) - sent);
  }
  yield Buffer.alloc(2 * block);
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
  const bytes = Buffer.alloc(block);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  Buffer.from(name).copy(bytes, 0, 0, nameBytes);
  bytes.write(octal(mode, 7), 100);
  bytes.write(octal(0, 7), 108);
  bytes.write(octal(0, 7), 116);
  bytes.write(octal(size, 11), 124);
  bytes.write(octal(mtime, 11), 136);
  bytes.write('        ', 148);
  bytes.write(type, 156);
  Buffer.from(link).copy(bytes, 157, 0, nameBytes);
  bytes.write('ustar  \0', 257, 'latin1');
  let sum = 0;
  for (const byte of bytes) sum += byte;
  bytes.write(`${octal(sum, 6)}\0 `, 148);
  return bytes;
}

function padded(size: number): number {
  return Math.ceil(size / block) * block;
}
