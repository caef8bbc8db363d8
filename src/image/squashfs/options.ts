/** The compressor's options that an image was made with, as mksquashfs takes them on its command line. */
import type { ImageSource } from '../source.ts';
import { flag, type Superblock, superblockBytes } from './superblock.ts';

const gzipStrategies = ['default', 'filtered', 'huffman_only', 'run_length_encoded', 'fixed'];
const lzoAlgorithms = ['lzo1x_1', 'lzo1x_1_11', 'lzo1x_1_12', 'lzo1x_1_15', 'lzo1x_999'];
const xzFilters = ['x86', 'powerpc', 'ia64', 'arm', 'armthumb', 'sparc'];

export interface CompressorOptions {
  /** Such as `-Xdict-size 8192`; empty where everything is the default. */
  readonly arguments: readonly string[];
  /** Bytes of the options as they lie behind the superblock, with their two bytes in front. */
  readonly bytes: number;
}

/** @throws RangeError where they are cut off */
export async function readOptions(source: ImageSource, superblock: Superblock): Promise<CompressorOptions> {
  if ((superblock.flags & flag.compressorOptions) === 0) return { arguments: [], bytes: 0 };
  const length = (await source.read(superblockBytes, 2)).readUInt16LE(0) & 0x7fff;
  const options = await source.read(superblockBytes + 2, length);
  return { arguments: argumentsOf(superblock, options), bytes: 2 + length };
}

function argumentsOf(superblock: Superblock, options: Buffer): readonly string[] {
  switch (superblock.compressor) {
    case 'gzip':
      return [
        '-Xcompression-level',
        String(options.readUInt32LE(0)),
        '-Xwindow-size',
        String(options.readUInt16LE(4)),
        ...chosen('-Xstrategy', gzipStrategies, options.readUInt16LE(6)),
      ];
    case 'lzo': {
      const algorithm = lzoAlgorithms[options.readUInt32LE(0)];
      if (algorithm === undefined) throw new RangeError('the LZO algorithm is not known');
      const level = algorithm === 'lzo1x_999' ? ['-Xcompression-level', String(options.readUInt32LE(4))] : [];
      return ['-Xalgorithm', algorithm, ...level];
    }
    case 'xz':
      return [
        '-Xdict-size',
        String(options.readUInt32LE(0)),
        ...chosen('-Xbcj', xzFilters, options.readUInt32LE(4)),
      ];
    case 'lz4':
      return (options.readUInt32LE(4) & 1) === 1 ? ['-Xhc'] : [];
    case 'zstd':
      return ['-Xcompression-level', String(options.readUInt32LE(0))];
    case 'lzma':
      return [];
  }
}

/** One bit for each name of a list. */
function chosen(option: string, names: readonly string[], bits: number): readonly string[] {
  const set = names.filter((_, place) => (bits & (1 << place)) !== 0);
  return set.length === 0 ? [] : [option, set.join(',')];
}

/**
 * The same options for metadata blocks, which mksquashfs packs with the whole block as dictionary, whatever the data
 * blocks have.
 */
export function metadataArguments(options: CompressorOptions): readonly string[] {
  const at = options.arguments.indexOf('-Xdict-size');
  return at < 0 ? options.arguments : options.arguments.toSpliced(at, 2);
}
