/** Reads a file's content out of its data blocks and its fragment. */
import { Failure } from '../../diagnostics/diagnostic.ts';
import { damaged } from '../damage.ts';
import { blockWords, type FileInode, noFragment } from './inode.ts';
import type { SquashfsImage } from './open.ts';

const plain = 1 << 24;
const sizeMask = plain - 1;

/** Bytes that a data block takes in the image. */
export function packedBytes(word: number): number {
  return word & sizeMask;
}

export function isPlain(word: number): boolean {
  return (word & plain) !== 0;
}

export function blockWord(bytes: number, packed: boolean): number {
  return packed ? bytes : bytes | plain;
}

/** @throws Failure OVL354 where blocks and size do not agree, OVL361 where the file has more than `limit` bytes */
export async function readContent(
  image: SquashfsImage,
  inode: FileInode,
  limit: number,
): Promise<Uint8Array> {
  const { source, superblock, inodes } = image;
  if (inode.size > limit) {
    throw new Failure({
      code: 'OVL361',
      severity: 'error',
      message: `a file of ${inode.size} bytes is too large to be read from "${source.path}"`,
      because: `at most ${limit} bytes are read into memory`,
    });
  }
  const content = Buffer.alloc(inode.size);
  let position = inode.start;
  let done = 0;
  for (const word of blockWords(inodes.bytes, inode)) {
    const expected = Math.min(superblock.blockSize, inode.size - done);
    if (word !== 0) {
      const block = await unpackAt(image, position, word);
      if (block.length !== expected) throw damaged(source, `a data block has not ${expected} bytes`);
      content.set(block, done);
      position += packedBytes(word);
    }
    done += expected;
  }
  if (inode.fragment !== noFragment && done < inode.size) {
    const fragment = image.fragments[inode.fragment];
    if (fragment === undefined) throw damaged(source, `there is no fragment number ${inode.fragment}`);
    const block = await unpackAt(image, fragment.start, fragment.word);
    const tail = block.subarray(inode.fragmentOffset, inode.fragmentOffset + inode.size - done);
    if (tail.length !== inode.size - done) throw damaged(source, 'a fragment is too short for its file');
    content.set(tail, done);
  }
  return content;
}

async function unpackAt(image: SquashfsImage, position: number, word: number): Promise<Uint8Array> {
  const { source, superblock } = image;
  const packed = await source.read(position, packedBytes(word));
  if (isPlain(word)) return packed;
  return superblock.unpack(packed, superblock.blockSize);
}
