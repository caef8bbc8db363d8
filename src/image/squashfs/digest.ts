/** Digests of files as they lie in the image: their data blocks, and where in which fragment their end is. */
import { createHash } from 'node:crypto';
import { damaged } from '../damage.ts';
import { packedBytes } from './content.ts';
import { blockWords, type FileInode, noFragment } from './inode.ts';
import type { SquashfsImage } from './open.ts';

/** Many files end in one fragment. */
const fragments = new WeakMap<SquashfsImage, Map<number, string>>();

/** @throws Failure OVL354 where its fragment is none; RangeError where a block lies outside of the image */
export async function packedDigest(image: SquashfsImage, inode: FileInode): Promise<string> {
  const hash = createHash('sha256');
  let position = inode.start;
  for (const word of blockWords(image.inodes.bytes, inode)) {
    hash.update(`${word} `);
    if (word !== 0) hash.update(await image.source.read(position, packedBytes(word)));
    position += packedBytes(word);
  }
  if (inode.fragment !== noFragment) {
    hash.update(`${await fragmentDigest(image, inode.fragment)} ${inode.fragmentOffset}`);
  }
  return hash.digest('hex');
}

async function fragmentDigest(image: SquashfsImage, number: number): Promise<string> {
  const known = fragments.get(image) ?? new Map<number, string>();
  fragments.set(image, known);
  const found = known.get(number);
  if (found !== undefined) return found;
  const fragment = image.fragments[number];
  if (fragment === undefined) throw damaged(image.source, `there is no fragment number ${number}`);
  const digest = createHash('sha256')
    .update(await image.source.read(fragment.start, packedBytes(fragment.word)))
    .digest('hex');
  known.set(number, digest);
  return digest;
}
