/** What comes behind the file system in an image file: padding, which is kept, or something else, which would be lost. */
import { Failure } from '../diagnostics/diagnostic.ts';
import type { ImageSink } from './format.ts';
import type { ImageSource } from './source.ts';

export interface Trailing {
  /** Bytes that the image file is to have at least; 0 where it ends with the file system. */
  readonly bytes: number;
  /** The byte that all padding consists of. */
  readonly fill: number;
}

const chunkBytes = 1 << 20;

/** @throws Failure OVL355 when something other than padding follows the file system */
export async function readTrailing(source: ImageSource, bytesUsed: number): Promise<Trailing> {
  if (bytesUsed >= source.bytes) return { bytes: 0, fill: 0 };
  const fill = (await source.read(source.bytes - 1, 1)).readUInt8(0) === 0xff ? 0xff : 0;
  // Tools end the last block with zeros before flash tools fill the rest with ff.
  const zerosEnd = Math.min(Math.ceil(bytesUsed / 4096) * 4096, source.bytes);
  for (let at = bytesUsed; at < source.bytes; ) {
    const end = at < zerosEnd ? zerosEnd : Math.min(at + chunkBytes, source.bytes);
    const bytes = await source.read(at, end - at);
    const odd = bytes.findIndex((one) => one !== fill && !(one === 0 && at < zerosEnd));
    if (odd >= 0) throw somethingElse(source, at + odd, bytes.subarray(odd, odd + 8));
    at = end;
  }
  return { bytes: source.bytes > zerosEnd ? source.bytes : 0, fill };
}

/** Pads the new image to the size that the file had, so that the image of a partition stays as large as the partition. */
export async function writeTrailing(sink: ImageSink, trailing: Trailing): Promise<void> {
  while (sink.position < trailing.bytes) {
    await sink.append(Buffer.alloc(Math.min(chunkBytes, trailing.bytes - sink.position), trailing.fill));
  }
}

function somethingElse(source: ImageSource, at: number, bytes: Buffer): Failure {
  const what = bytes.readUInt8(0) === 0xde && bytes.toString('hex').startsWith('deadc0de');
  return new Failure({
    code: 'OVL355',
    severity: 'error',
    message: `"${source.path}" has something behind the file system, at byte ${at}`,
    because: what
      ? "it is OpenWrt's mark deadc0de (erase what follows), whose place depends on the size of the file system"
      : `it begins with ${bytes.toString('hex')}; a signature or hash tree over the old root would no longer be true`,
    fix: `cut it off and make it again for the new image: truncate -s ${at} IMAGE`,
  });
}
