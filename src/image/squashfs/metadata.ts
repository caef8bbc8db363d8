/**
 * Metadata blocks: everything in squashfs that is no file content comes in blocks of 8192 bytes, each packed by itself
 * behind two bytes that say how long it is and whether it is packed at all.
 */
import type { ImageSource } from '../source.ts';
import type { Superblock } from './superblock.ts';

export const metadataBytes = 8192;
const plain = 0x8000;

/** Memory that one table may take unpacked; a Debian root with 40,000 files has an inode table of 2 MiB. */
const maxTableBytes = 256 << 20;

export interface MetadataBlock {
  /** The block as it lies in the image, with its two bytes in front. */
  readonly packed: Uint8Array;
  /** Where it begins, relative to the table. */
  readonly start: number;
}

/** A table made of metadata blocks, unpacked. */
export interface MetadataTable {
  readonly bytes: Buffer;
  readonly blocks: readonly MetadataBlock[];
  /**
   * Position in `bytes` of what a reference points to.
   * @throws RangeError when no block begins there
   */
  locate(blockStart: number, offset: number): number;
}

/** Reads the metadata blocks from `start` up to `end`. */
export async function readTable(
  source: ImageSource,
  superblock: Superblock,
  start: number,
  end: number,
): Promise<MetadataTable> {
  const region = await source.read(start, end - start);
  const blocks: MetadataBlock[] = [];
  const parts: Uint8Array[] = [];
  const positions = new Map<number, number>();
  let bytes = 0;
  for (let at = 0; at < region.length; ) {
    const packedBytes = 2 + (region.readUInt16LE(at) & ~plain);
    const packed = region.subarray(at, at + packedBytes);
    if (packed.length < packedBytes)
      throw new RangeError(`the metadata block at byte ${start + at} is cut off`);
    const block = unpackBlock(superblock, packed);
    const last = at + packedBytes >= region.length;
    if (!last && block.length !== metadataBytes) {
      throw new RangeError(
        `the metadata block at byte ${start + at} has ${block.length} bytes and is not the last`,
      );
    }
    positions.set(at, bytes);
    bytes += block.length;
    if (bytes > maxTableBytes)
      throw new RangeError(`the table at byte ${start} unpacks to more than 256 MiB`);
    blocks.push({ packed, start: at });
    parts.push(block);
    at += packedBytes;
  }
  return {
    bytes: Buffer.concat(parts),
    blocks,
    locate(blockStart, offset) {
      const position = positions.get(blockStart);
      if (position === undefined || offset >= metadataBytes || position + offset > bytes) {
        throw new RangeError(
          `a reference points to byte ${offset} of no metadata block at ${start + blockStart}`,
        );
      }
      return position + offset;
    },
  };
}

/** Reads a table whose blocks are found through an array of 64-bit positions at `index`. */
export async function readIndexedTable(
  source: ImageSource,
  superblock: Superblock,
  index: number,
  bytes: number,
): Promise<MetadataTable> {
  if (bytes > maxTableBytes)
    throw new RangeError(`the table at byte ${index} is said to have ${bytes} bytes`);
  const count = Math.ceil(bytes / metadataBytes);
  const pointers = await source.read(index, count * 8);
  const blocks: MetadataBlock[] = [];
  const parts: Uint8Array[] = [];
  for (let number = 0; number < count; number += 1) {
    const at = Number(pointers.readBigUInt64LE(number * 8));
    const packed = await readBlock(source, at);
    const block = unpackBlock(superblock, packed);
    const expected = Math.min(metadataBytes, bytes - number * metadataBytes);
    if (block.length !== expected) {
      throw new RangeError(
        `the metadata block at byte ${at} has ${block.length} bytes instead of ${expected}`,
      );
    }
    blocks.push({ packed, start: at });
    parts.push(block);
  }
  return {
    bytes: Buffer.concat(parts),
    blocks,
    locate: () => {
      throw new RangeError('entries of this table are found by number');
    },
  };
}

/** One metadata block as it lies in the image. */
async function readBlock(source: ImageSource, at: number): Promise<Buffer> {
  const header = (await source.read(at, 2)).readUInt16LE(0);
  return source.read(at, 2 + (header & ~plain));
}

function unpackBlock(superblock: Superblock, packed: Buffer): Uint8Array {
  const content = packed.subarray(2);
  const isPlain = (packed.readUInt16LE(0) & plain) !== 0;
  if (content.length > metadataBytes) throw new RangeError('a metadata block has more than 8192 bytes');
  return isPlain ? content : superblock.unpack(content, metadataBytes);
}

/** A block with its two bytes in front; `packed` undefined where it does not get smaller. */
export function frameBlock(content: Uint8Array, packed: Uint8Array | undefined): Buffer {
  const body = packed ?? content;
  const framed = Buffer.alloc(2 + body.length);
  framed.writeUInt16LE(packed === undefined ? body.length | plain : body.length, 0);
  framed.set(body, 2);
  return framed;
}
