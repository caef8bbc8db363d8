import { Decompress } from 'fzstd';
import { CorruptData } from './corrupt.ts';

/**
 * Largest window, in bytes, that memory is set aside for. Data blocks of squashfs have at most 1 MiB, and so has the
 * window of whatever was made from one.
 */
const maxWindow = 8 << 20;

/** Unpacks one Zstandard frame to at most `limit` bytes. */
export function unpackZstd(input: Uint8Array, limit: number): Uint8Array {
  refuseHugeWindow(input);
  const parts: Uint8Array[] = [];
  let bytes = 0;
  const stream = new Decompress((part) => {
    bytes += part.length;
    if (bytes > limit) throw new CorruptData('Zstandard data unpacks to more than a block');
    parts.push(part.slice());
  });
  stream.push(input, true);
  return Buffer.concat(parts);
}

/** The frame header (RFC 8878, 3.1.1.1) claims the window before a byte is unpacked. */
function refuseHugeWindow(input: Uint8Array): void {
  const header = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
  const flags = header.readUInt8(4);
  if ((flags & 0x20) !== 0) {
    const dictionaryBytes = [0, 1, 2, 4][flags & 3] ?? 0;
    const sizeBytes = [1, 2, 4, 8][flags >> 6] ?? 1;
    const size = header.readUIntLE(5 + dictionaryBytes, Math.min(sizeBytes, 6));
    if (size > maxWindow) throw new CorruptData(`a Zstandard frame claims ${size} bytes`);
    return;
  }
  const exponent = header.readUInt8(5) >> 3;
  if (2 ** (10 + exponent) > maxWindow) throw new CorruptData('a Zstandard frame claims a huge window');
}
