/** Compares the tree as it is now with the image: what stays as it is, what has to be written again, what is dead. */
import { damaged } from '../damage.ts';
import { type DirectoryNode, directoriesOf, type ImageNode } from '../tree.ts';
import { packedBytes } from './content.ts';
import { blockWords, noFragment, type SquashfsInode } from './inode.ts';
import type { SquashfsImage } from './open.ts';

export interface Survey {
  /** Parents before their children. */
  readonly directories: readonly DirectoryNode[];
  /** Nodes whose inode has to be written: new ones, those with another link count, directories that lead to such. */
  readonly dirty: ReadonlySet<ImageNode>;
  /** Link count of every node that is not a directory. */
  readonly links: ReadonlyMap<ImageNode, number>;
  /** Inode numbers that nothing uses any more, in ascending order. */
  readonly freeNumbers: readonly number[];
  /** Bytes of each region that are still in use: what comes after is dead and is not taken over. */
  readonly keep: {
    readonly data: number;
    readonly inodes: number;
    readonly directories: number;
    readonly fragments: number;
  };
}

/** @param dataStart first byte of the image that may belong to a file */
export function survey(image: SquashfsImage, dataStart: number): Survey {
  const directories = directoriesOf(image.root);
  const links = countLinks(image, directories);
  const dirty = findDirty(image, directories, links);
  const live: ImageNode[] = [image.root];
  for (const directory of directories) live.push(...directory.children.values());
  const clean = [...new Set(live)].filter((node) => !dirty.has(node));
  const used = new Set(live.map((node) => image.stored.get(node)?.number));
  const freeNumbers = [...image.stored.values()].map((inode) => inode.number).filter((one) => !used.has(one));
  return {
    directories,
    dirty,
    links,
    freeNumbers: [...new Set(freeNumbers)].sort((a, b) => a - b),
    keep: { ...liveData(image, live, dataStart), ...liveTables(image, clean) },
  };
}

/** Links that the image states, less those that were taken away: an image may count links that it does not show. */
function countLinks(
  image: SquashfsImage,
  directories: readonly DirectoryNode[],
): ReadonlyMap<ImageNode, number> {
  const links = new Map<ImageNode, number>();
  for (const [node, inode] of image.stored) if (node.kind !== 'directory') links.set(node, inode.links);
  const count = (children: Iterable<ImageNode>, change: number): void => {
    for (const child of children) {
      if (child.kind !== 'directory') links.set(child, (links.get(child) ?? 0) + change);
    }
  };
  for (const children of image.listed.values()) count(children.values(), -1);
  for (const directory of directories) count(directory.children.values(), 1);
  return links;
}

function findDirty(
  image: SquashfsImage,
  directories: readonly DirectoryNode[],
  links: ReadonlyMap<ImageNode, number>,
): ReadonlySet<ImageNode> {
  const dirty = new Set<ImageNode>();
  for (const directory of directories) {
    for (const child of directory.children.values()) {
      const inode = image.stored.get(child);
      if (inode === undefined) dirty.add(child);
      else if (child.kind !== 'directory' && inode.links !== links.get(child)) dirty.add(child);
    }
  }
  for (const directory of directories.toReversed()) {
    const before = image.listed.get(directory);
    const children = [...directory.children];
    const same =
      before?.size === directory.children.size &&
      children.every(([name, child]) => before.get(name) === child);
    if (!same || children.some(([, child]) => dirty.has(child))) dirty.add(directory);
  }
  return dirty;
}

/** How far file contents and fragments reach that some file still uses. */
function liveData(
  image: SquashfsImage,
  live: readonly ImageNode[],
  dataStart: number,
): { readonly data: number; readonly fragments: number } {
  let data = dataStart;
  let fragments = 0;
  for (const inode of new Set(live.map((node) => image.stored.get(node)))) {
    if (inode?.kind !== 'file') continue;
    if (inode.fragment !== noFragment) fragments = Math.max(fragments, inode.fragment + 1);
    const words = blockWords(image.inodes.bytes, inode);
    const bytes = words.reduce((sum, word) => sum + packedBytes(word), 0);
    if (bytes > 0) data = Math.max(data, inode.start + bytes);
  }
  if (fragments > image.fragments.length) {
    throw damaged(image.source, `there is no fragment number ${fragments - 1}`);
  }
  for (const fragment of image.fragments.slice(0, fragments)) {
    data = Math.max(data, fragment.start + packedBytes(fragment.word));
  }
  if (data > image.superblock.inodeTable) {
    throw damaged(image.source, `file contents reach to byte ${data}, behind the start of the inode table`);
  }
  return { data, fragments };
}

/** How far the inodes and listings reach that are referred to from where they lie now. */
function liveTables(
  image: SquashfsImage,
  clean: readonly ImageNode[],
): { readonly inodes: number; readonly directories: number } {
  let inodes = 0;
  let directories = 0;
  for (const node of clean) {
    const inode = image.stored.get(node);
    if (inode === undefined) continue;
    inodes = Math.max(inodes, inode.position + inode.length);
    directories = Math.max(directories, endOfListing(image, inode));
  }
  return { inodes, directories };
}

function endOfListing(image: SquashfsImage, inode: SquashfsInode): number {
  if (inode.kind !== 'directory' || inode.listingBytes === 0) return 0;
  return image.directories.locate(inode.listingBlock, inode.listingOffset) + inode.listingBytes;
}
