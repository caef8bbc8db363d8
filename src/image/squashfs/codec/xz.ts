/** The part of the xz format that a squashfs block has: one stream of one block, LZMA2 and perhaps a branch filter. */
import { crc32 } from 'node:zlib';
import { undoBranches } from './branches.ts';
import { CorruptData } from './corrupt.ts';
import { lzmaUnpacker } from './lzma.ts';

const lzma2 = 0x21;
const checkCrc32 = 1;
const streamHeaderBytes = 12;

/** Unpacks one xz stream to at most `limit` bytes. */
export function unpackXz(input: Uint8Array, limit: number): Uint8Array {
  const stream = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  if (stream.toString('latin1', 0, 6) !== '\u00fd7zXZ\0') throw new CorruptData('xz data has no xz header');
  const checkKind = stream.readUInt8(7) & 15;
  const block = readBlockHeader(stream, streamHeaderBytes);
  const { output, end } = unpackLzma2(stream, block.dataStart, limit);
  for (const filter of block.filters.toReversed()) undoBranches(filter, output);
  if (checkKind === checkCrc32) {
    const padded = block.dataStart + Math.ceil((end - block.dataStart) / 4) * 4;
    if (stream.readUInt32LE(padded) !== crc32(output))
      throw new CorruptData('the CRC-32 of xz data is wrong');
  }
  return output;
}

/** The branch filters of a block, in the order in which the compressor applied them, and where its data begins. */
function readBlockHeader(
  stream: Buffer,
  start: number,
): { readonly filters: readonly number[]; readonly dataStart: number } {
  const bytes = (stream.readUInt8(start) + 1) * 4;
  const flags = stream.readUInt8(start + 1);
  let at = start + 2;
  const number = (): number => {
    let value = 0;
    for (let place = 0; place < 5; place += 1) {
      const next = stream.readUInt8(at);
      at += 1;
      value += (next & 0x7f) * 2 ** (7 * place);
      if (next < 0x80) return value;
    }
    throw new CorruptData('a number in the xz header is too large');
  };
  if ((flags & 0x40) !== 0) number();
  if ((flags & 0x80) !== 0) number();
  const filters: number[] = [];
  for (let left = (flags & 3) + 1; left > 0; left -= 1) {
    const filter = number();
    const properties = number();
    // Branch filters may state where the code begins; no squashfs tool does.
    if (filter !== lzma2 && properties !== 0) throw new CorruptData('an xz filter begins at an offset');
    if (filter === lzma2 ? left !== 1 : left === 1) throw new CorruptData('xz filters end without LZMA2');
    at += properties;
    if (filter !== lzma2) filters.push(filter);
  }
  return { filters, dataStart: start + bytes };
}

/** LZMA2: chunks, each LZMA with its sizes in front or plain bytes, up to a zero byte. */
function unpackLzma2(
  stream: Buffer,
  start: number,
  limit: number,
): { readonly output: Buffer; readonly end: number } {
  const unpacker = lzmaUnpacker(limit);
  let at = start;
  let ready = false;
  for (;;) {
    const control = stream.readUInt8(at);
    if (control === 0) break;
    if (control < 0x80) {
      if (control > 2) throw new CorruptData('an LZMA2 chunk is of no known kind');
      const length = stream.readUInt16BE(at + 1) + 1;
      at += 3;
      unpacker.copy(slice(stream, at, length));
      at += length;
      continue;
    }
    const unpacked = (control & 0x1f) * 0x10000 + stream.readUInt16BE(at + 1) + 1;
    const packed = stream.readUInt16BE(at + 3) + 1;
    const reset = (control >> 5) & 3;
    at += 5;
    if (reset >= 2) {
      unpacker.setProperties(stream.readUInt8(at));
      at += 1;
      ready = true;
    } else if (!ready) throw new CorruptData('LZMA2 data begins without properties');
    else if (reset === 1) unpacker.resetState();
    if (unpacked > limit) throw new CorruptData('xz data unpacks to more than a block');
    unpacker.unpack(slice(stream, at, packed), unpacked, false);
    at += packed;
  }
  const output = unpacker.output();
  return { output: Buffer.from(output.buffer, output.byteOffset, output.byteLength), end: at + 1 };
}

function slice(stream: Buffer, start: number, length: number): Buffer {
  if (start + length > stream.length) throw new CorruptData('xz data ends too early');
  return stream.subarray(start, start + length);
}
