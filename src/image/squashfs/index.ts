/** squashfs 4.0 as an ImageFormat. Reading needs no tools; packing what is new needs mksquashfs. */
import { reading } from '../damage.ts';
import type { ImageFormat, OpenImage } from '../format.ts';
import type { ImageSource } from '../source.ts';
import { readContent } from './content.ts';
import { packedDigest } from './digest.ts';
import { readImage } from './open.ts';
import { readOptions } from './options.ts';
import { magic, swappedMagic } from './superblock.ts';
import { writeImage } from './write.ts';

export const squashfs: ImageFormat = {
  type: 'squashfs',
  async recognise(source) {
    if (source.bytes < 4) return false;
    const found = (await source.read(0, 4)).readUInt32LE(0);
    return found === magic || found === swappedMagic;
  },
  open: (source) => reading(source, () => openSquashfs(source)),
};

async function openSquashfs(source: ImageSource): Promise<OpenImage> {
  const image = await readImage(source);
  const { superblock } = image;
  const options = await readOptions(source, superblock);
  return {
    make: {
      type: 'squashfs',
      compression: superblock.compressor,
      compressionOptions: options.arguments,
      blockSize: superblock.blockSize,
      byteOrder: 'little',
      time: superblock.time,
      bytesUsed: superblock.bytesUsed,
    },
    root: image.root,
    async read(node, limit) {
      const inode = image.stored.get(node);
      if (inode?.kind !== 'file') throw new Error('a file that is not in the image cannot be read from it');
      return reading(source, () => readContent(image, inode, limit));
    },
    async digest(node) {
      const inode = image.stored.get(node);
      if (inode?.kind !== 'file') throw new Error('a file that is not in the image has no digest there');
      return reading(source, () => packedDigest(image, inode));
    },
    write: (sink) => reading(source, () => writeImage(image, options, sink)),
  };
}
