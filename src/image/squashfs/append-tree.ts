/** Writes the two tables that the tree is made of: inodes, and directory listings that refer to them. */
import type { ImageSink } from '../format.ts';
import { type DirectoryNode, type FileNode, type ImageNode, sortedChildren } from '../tree.ts';
import type { NewExtent } from './contents.ts';
import { encodeDirectory, encodeFile, inodeType, noXattr, withLinks } from './inode.ts';
import { encodeListing, type ListingEntry } from './listing.ts';
import type { InodeNumbers } from './numbers.ts';
import type { SquashfsImage } from './open.ts';
import type { PackedIds } from './owners.ts';
import type { Survey } from './survey.ts';
import { growTable, type PackMetadata } from './tables.ts';

export interface WrittenTree {
  readonly root: number;
  readonly inodeTable: number;
  readonly directoryTable: number;
  /** Where the inodes lie that were written, by inode number. */
  readonly references: ReadonlyMap<number, number>;
}

/** Appends the inode table and the directory table; `extents` are the places of new contents. */
export async function appendTree(
  image: SquashfsImage,
  found: Survey,
  numbers: InodeNumbers,
  owners: PackedIds,
  extents: ReadonlyMap<FileNode, NewExtent>,
  pack: PackMetadata,
  sink: ImageSink,
): Promise<WrittenTree> {
  const inodes = growTable(image.inodes, found.keep.inodes, pack);
  const listings = growTable(image.directories, found.keep.directories, pack);
  const written = new Map<ImageNode, number>();
  const references = new Map<number, number>();
  const parents = parentsOf(found.directories);

  const append = async (node: ImageNode, bytes: Uint8Array): Promise<void> => {
    const reference = inodes.block * 0x10000 + inodes.offset;
    written.set(node, reference);
    references.set(numbers.of(node), reference);
    await inodes.append(bytes);
  };
  const encodeLeaf = (node: ImageNode): Uint8Array => {
    const inode = image.stored.get(node);
    if (inode !== undefined) return withLinks(image.inodes.bytes, inode, found.links.get(node) ?? 1);
    const extent = node.kind === 'file' ? extents.get(node) : undefined;
    if (extent === undefined) throw new Error(`a new ${node.kind} cannot be written`);
    const owned = { ...owners.of(node), mode: node.mode, mtime: node.mtime, number: numbers.of(node) };
    return encodeFile({ ...owned, ...extent }, extent.blocks);
  };
  const referenceOf = (node: ImageNode): number => {
    const reference = written.get(node) ?? image.references.get(node);
    if (reference === undefined) throw new Error(`a ${node.kind} was not written before its directory`);
    return reference;
  };

  for (const directory of writingOrder(image, found)) {
    const children = sortedChildren(directory);
    for (const [, child] of children) {
      if (child.kind !== 'directory' && found.dirty.has(child) && !written.has(child)) {
        await append(child, encodeLeaf(child));
      }
    }
    const listing = encodeListing(
      children.map(([name, child]): ListingEntry => {
        const reference = referenceOf(child);
        return {
          name,
          type: inodeType[child.kind],
          inodeNumber: numbers.of(child),
          block: Math.floor(reference / 0x10000),
          offset: reference % 0x10000,
        };
      }),
    );
    const inode = image.stored.get(directory);
    const parent = parents.get(directory);
    const bytes = encodeDirectory({
      ...owners.of(directory),
      mode: directory.mode,
      mtime: directory.mtime,
      number: numbers.of(directory),
      links: directoryLinks(image, directory),
      xattr: inode?.xattr ?? noXattr,
      listingBlock: listings.block,
      listingOffset: listings.offset,
      listingBytes: listing.length,
      // The root's parent is one past the last inode, as mksquashfs has it.
      parent: parent === undefined ? numbers.total + 1 : numbers.of(parent),
    });
    await listings.append(listing);
    await append(directory, bytes);
  }

  const inodeTable = sink.position;
  for (const part of await inodes.finish()) await sink.append(part);
  const directoryTable = sink.position;
  for (const part of await listings.finish()) await sink.append(part);
  return { root: referenceOf(image.root), inodeTable, directoryTable, references };
}

/**
 * Children before their parents; in front of all, new directories without anything in them (mount points). The next
 * bundle leaves those alone, and what is left alone in the middle of the table would keep dead inodes before it alive.
 */
function writingOrder(image: SquashfsImage, found: Survey): readonly DirectoryNode[] {
  const order = found.directories.toReversed().filter((directory) => found.dirty.has(directory));
  const empty = (directory: DirectoryNode): boolean =>
    directory.children.size === 0 && !image.stored.has(directory);
  return [...order.filter(empty), ...order.filter((directory) => !empty(directory))];
}

function parentsOf(directories: readonly DirectoryNode[]): ReadonlyMap<ImageNode, DirectoryNode> {
  const parents = new Map<ImageNode, DirectoryNode>();
  for (const directory of directories) {
    for (const child of directory.children.values()) {
      if (child.kind === 'directory') parents.set(child, directory);
    }
  }
  return parents;
}

/** Links as the image states them, and one more for each directory that came to it. */
function directoryLinks(image: SquashfsImage, directory: DirectoryNode): number {
  const count = (children: Iterable<ImageNode>): number =>
    [...children].filter((child) => child.kind === 'directory').length;
  const before = image.listed.get(directory);
  const now = count(directory.children.values());
  return before === undefined
    ? 2 + now
    : (image.stored.get(directory)?.links ?? 2) + now - count(before.values());
}
