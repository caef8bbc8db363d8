/** The compressors of squashfs by their number in the superblock, and how a block of each is unpacked. */
import { inflateSync } from 'node:zlib';
import { CorruptData } from './corrupt.ts';
import { unpackLz4 } from './lz4.ts';
import { unpackLzma } from './lzma.ts';
import { unpackLzo } from './lzo.ts';
import { unpackXz } from './xz.ts';
import { unpackZstd } from './zstd.ts';

export type CompressorName = 'gzip' | 'lzma' | 'lzo' | 'xz' | 'lz4' | 'zstd';

/** Unpacks one block to at most `limit` bytes. @throws CorruptData, or another RangeError */
export type Unpack = (input: Uint8Array, limit: number) => Uint8Array;

export interface Compressor {
  readonly name: CompressorName;
  readonly unpack: Unpack;
}

const compressors: Readonly<Record<number, Compressor>> = {
  1: { name: 'gzip', unpack: unpackZlib },
  2: { name: 'lzma', unpack: unpackLzma },
  3: { name: 'lzo', unpack: unpackLzo },
  4: { name: 'xz', unpack: unpackXz },
  5: { name: 'lz4', unpack: unpackLz4 },
  6: { name: 'zstd', unpack: guarded(unpackZstd) },
};

export function compressorOf(id: number): Compressor | undefined {
  return compressors[id];
}

function unpackZlib(input: Uint8Array, limit: number): Uint8Array {
  return guarded((bytes) => inflateSync(bytes, { maxOutputLength: Math.max(limit, 1) }))(input, limit);
}

/** zlib and fzstd have errors of their own for bad data. */
function guarded(unpack: Unpack): Unpack {
  return (input, limit) => {
    try {
      return unpack(input, limit);
    } catch (error) {
      throw error instanceof CorruptData ? error : new CorruptData((error as Error).message);
    }
  };
}
