/** cramfs as an ImageFormat, in either byte order. Needs no tools. */
import { createHash } from 'node:crypto';
import { reading } from '../damage.ts';
import type { ImageFormat, OpenImage } from '../format.ts';
import type { ImageSource } from '../source.ts';
import { readImage } from './open.ts';
import { unpackFile } from './pages.ts';
import { bootSectorBytes, byteOrderAt, pageBytes } from './superblock.ts';
import { layOut } from './write.ts';

export const cramfs: ImageFormat = {
  type: 'cramfs',
  async recognise(source) {
    const found = (await byteOrderAt(source, 0)) ?? (await byteOrderAt(source, bootSectorBytes));
    return found !== undefined;
  },
  open: (source) => reading(source, () => openCramfs(source)),
};

async function openCramfs(source: ImageSource): Promise<OpenImage> {
  const image = await readImage(source);
  return {
    make: {
      type: 'cramfs',
      compression: 'gzip',
      compressionOptions: [],
      blockSize: pageBytes,
      byteOrder: image.header.byteOrder,
      bytesUsed: image.bytesUsed,
    },
    root: image.root,
    async read(node) {
      const packed = image.packed.get(node);
      if (packed === undefined) throw new Error('a file that is not in the image cannot be read from it');
      return reading(source, async () => unpackFile(packed));
    },
    async digest(node) {
      const packed = image.packed.get(node);
      if (packed === undefined) throw new Error('a file that is not in the image has no digest there');
      return createHash('sha256')
        .update(`${packed.ends.join(' ')}\n`)
        .update(packed.data)
        .digest('hex');
    },
    write: (sink) => sink.append(layOut(image.root, image.header, image.packed)),
  };
}
