/** Directory listings: runs of entries whose inodes lie in the same metadata block, each behind a header. */
import type { ByteString } from '../tree.ts';

export interface ListingEntry {
  readonly name: ByteString;
  /** inodeType of what is there. */
  readonly type: number;
  readonly inodeNumber: number;
  /** Metadata block and offset of the inode. */
  readonly block: number;
  readonly offset: number;
}

const headerBytes = 12;
const entryBytes = 8;
/** Longest name that the format can say; Linux itself stops at 255. */
export const maxNameBytes = 256;
const maxRun = 256;
const maxNumberDistance = 0x7fff;

/** @throws RangeError where the bytes are no listing or a name could not be one */
export function readListing(bytes: Buffer): readonly ListingEntry[] {
  const entries: ListingEntry[] = [];
  for (let at = 0; at < bytes.length; ) {
    const count = bytes.readUInt32LE(at) + 1;
    const block = bytes.readUInt32LE(at + 4);
    const firstNumber = bytes.readUInt32LE(at + 8);
    if (count > maxRun) throw new RangeError(`a directory listing has a run of ${count} entries`);
    at += headerBytes;
    for (let left = count; left > 0; left -= 1) {
      const length = bytes.readUInt16LE(at + 6) + 1;
      const end = at + entryBytes + length;
      if (length > maxNameBytes || end > bytes.length)
        throw new RangeError('a name in a directory is cut off');
      const name = bytes.toString('latin1', at + entryBytes, end);
      refuseName(name);
      entries.push({
        name,
        type: bytes.readUInt16LE(at + 4),
        inodeNumber: firstNumber + bytes.readInt16LE(at + 2),
        block,
        offset: bytes.readUInt16LE(at),
      });
      at = end;
    }
  }
  return entries;
}

/** `entries` are sorted by name. */
export function encodeListing(entries: readonly ListingEntry[]): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < entries.length; ) {
    const first = entries[at];
    if (first === undefined) break;
    let end = at;
    while (end < entries.length && end - at < maxRun && belongs(first, entries[end])) end += 1;
    const header = Buffer.alloc(headerBytes);
    header.writeUInt32LE(end - at - 1, 0);
    header.writeUInt32LE(first.block, 4);
    header.writeUInt32LE(first.inodeNumber, 8);
    parts.push(header, ...entries.slice(at, end).map((entry) => encodeEntry(entry, first.inodeNumber)));
    at = end;
  }
  return Buffer.concat(parts);
}

function belongs(first: ListingEntry, entry: ListingEntry | undefined): boolean {
  return entry?.block === first.block && Math.abs(entry.inodeNumber - first.inodeNumber) <= maxNumberDistance;
}

function encodeEntry(entry: ListingEntry, firstNumber: number): Buffer {
  const bytes = Buffer.alloc(entryBytes + entry.name.length);
  bytes.writeUInt16LE(entry.offset, 0);
  bytes.writeInt16LE(entry.inodeNumber - firstNumber, 2);
  bytes.writeUInt16LE(entry.type, 4);
  bytes.writeUInt16LE(entry.name.length - 1, 6);
  bytes.write(entry.name, entryBytes, 'latin1');
  return bytes;
}

/** A name that leads elsewhere is an attack on whoever unpacks the image, never an accident. */
function refuseName(name: ByteString): void {
  if (name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
    throw new RangeError(`a directory has an entry called ${JSON.stringify(name)}`);
  }
}
