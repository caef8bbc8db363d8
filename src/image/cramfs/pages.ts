/** File contents of cramfs: each 4096-byte page packed with zlib, behind an array that says where each one ends. */
import { deflateSync, inflateSync } from 'node:zlib';
import { type ByteOrder, type CramfsInode, pageBytes, readU32, writeU32 } from './superblock.ts';

/** Packed pages that may be put at any place: `ends` count from the first byte of `data`. A hole takes no bytes. */
export interface PackedFile {
  readonly size: number;
  readonly ends: readonly number[];
  readonly data: Buffer;
  /** Where it was in the image; files with equal content share one place. Undefined for new ones. */
  readonly offset?: number;
}

/** @throws RangeError where the pages lie outside of the image */
export function packedFile(image: Buffer, inode: CramfsInode, order: ByteOrder): PackedFile {
  const { size, offset } = inode;
  const count = Math.ceil(size / pageBytes);
  const start = offset + count * 4;
  const ends = Array.from({ length: count }, (_, page) => readU32(image, offset + page * 4, order) - start);
  for (const [page, end] of ends.entries()) {
    const before = ends[page - 1] ?? 0;
    if (end < before || start + end > image.length) {
      throw new RangeError(`page ${page} of the file at byte ${offset} lies outside of the image`);
    }
  }
  return { size, ends, data: image.subarray(start, start + (ends.at(-1) ?? 0)), offset };
}

export function packFile(content: Uint8Array): PackedFile {
  const parts: Buffer[] = [];
  const ends: number[] = [];
  let bytes = 0;
  for (let at = 0; at < content.length; at += pageBytes) {
    const part = deflateSync(content.subarray(at, at + pageBytes), { level: 9 });
    parts.push(part);
    bytes += part.length;
    ends.push(bytes);
  }
  return { size: content.length, ends, data: Buffer.concat(parts) };
}

/** @throws RangeError where a page does not unpack to its size */
export function unpackFile(file: PackedFile): Buffer {
  const content = Buffer.alloc(file.size);
  for (const [page, end] of file.ends.entries()) {
    const start = file.ends[page - 1] ?? 0;
    if (end === start) continue;
    const expected = Math.min(pageBytes, file.size - page * pageBytes);
    const unpacked = inflate(file.data.subarray(start, end));
    if (unpacked.length !== expected) {
      throw new RangeError(`a page unpacks to ${unpacked.length} bytes instead of ${expected}`);
    }
    unpacked.copy(content, page * pageBytes);
  }
  return content;
}

/** The array of ends and the pages as they lie at `offset` in an image. */
export function placeFile(file: PackedFile, offset: number, order: ByteOrder): Buffer {
  const pointers = Buffer.alloc(file.ends.length * 4);
  const start = offset + pointers.length;
  for (const [page, end] of file.ends.entries()) writeU32(pointers, start + end, page * 4, order);
  return Buffer.concat([pointers, file.data]);
}

function inflate(packed: Buffer): Buffer {
  try {
    return inflateSync(packed, { maxOutputLength: pageBytes });
  } catch (error) {
    throw new RangeError(`a page cannot be unpacked to 4096 bytes: ${(error as Error).message}`);
  }
}
