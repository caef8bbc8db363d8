/**
 * Writes a squashfs image with the tree as it is now.
 *
 * squashfs has no holes to write into, but nothing in it has to be rewritten either: contents, fragments, inodes, listings
 * and xattrs that did not change keep their bytes and their places. New contents are appended to the contents; then each
 * changed directory, from the deepest up to the root, is written anew at the end of its table, with the inode number it
 * had, and the short tables at the end are written again. Whatever the vendor's mksquashfs did is thereby kept, options
 * that no superblock remembers included.
 */
import type { ImageSink } from '../format.ts';
import { type FileNode, sortedChildren } from '../tree.ts';
import { appendTree } from './append-tree.ts';
import { appendContents } from './contents.ts';
import { metadataBytes } from './metadata.ts';
import { type InodeNumbers, inodeNumbers } from './numbers.ts';
import type { FragmentBlock, SquashfsImage } from './open.ts';
import { type CompressorOptions, metadataArguments } from './options.ts';
import { packIds } from './owners.ts';
import { type Packing, packBlocks } from './pack.ts';
import { encodeSuperblock, flag, type Superblock, superblockBytes } from './superblock.ts';
import { type Survey, survey } from './survey.ts';
import { type PackMetadata, writeIndexedTable } from './tables.ts';
import { appendXattrs } from './xattrs.ts';

/** What the tools pad an image to, so that it can be a loop or flash device. */
const padBytes = 4096;

export async function writeImage(
  image: SquashfsImage,
  options: CompressorOptions,
  sink: ImageSink,
): Promise<void> {
  const { superblock } = image;
  const found = survey(image, superblockBytes + options.bytes);
  const numbers = inodeNumbers(image, found);
  const owners = packIds(image, found);
  await copyData(image, found.keep.data, sink);
  const fresh = newFiles(image, found);
  const packing: Packing = {
    compressor: superblock.compressor,
    arguments: options.arguments,
    blockSize: superblock.blockSize,
  };
  const { extents, fragments } = await appendContents(
    sink,
    fresh,
    packing,
    superblock.flags,
    found.keep.fragments,
  );
  const pack = metadataPacker(superblock, options);
  const tree = await appendTree(image, found, numbers, owners, extents, pack, sink);
  const allFragments = [...image.fragments.slice(0, found.keep.fragments), ...fragments];
  const fragmentTable = await writeIndexedTable(
    sink,
    image.fragmentTable,
    encodeFragments(allFragments),
    pack,
  );
  const exportTable =
    image.exportTable === undefined
      ? undefined
      : await writeIndexedTable(
          sink,
          image.exportTable,
          encodeReferences(image.exportTable.bytes, numbers, tree.references),
          pack,
        );
  const packId = (superblock.flags & flag.plainIds) === 0 ? pack : keepPlain;
  const idTable = await writeIndexedTable(sink, image.idTable, encodeIds(owners.ids), packId);
  const xattrTable = await appendXattrs(image, sink);
  const bytesUsed = sink.position;
  await pad(image, sink);
  const rewritten: Superblock = {
    ...superblock,
    inodes: numbers.total,
    fragments: allFragments.length,
    ids: owners.ids.length,
    rootInode: tree.root,
    bytesUsed,
    inodeTable: tree.inodeTable,
    directoryTable: tree.directoryTable,
    fragmentTable,
    exportTable,
    idTable,
    xattrTable,
  };
  await sink.patch(0, encodeSuperblock(rewritten));
}

const copyBytes = 1 << 20;

async function copyData(image: SquashfsImage, end: number, sink: ImageSink): Promise<void> {
  for (let at = 0; at < end; at += copyBytes) {
    await sink.append(await image.source.read(at, Math.min(copyBytes, end - at)));
  }
}

/** In the order in which their inodes will be written: the order of a walk, so the same tree gives the same bytes. */
function newFiles(image: SquashfsImage, found: Survey): readonly FileNode[] {
  const files: FileNode[] = [];
  for (const directory of found.directories.toReversed()) {
    for (const [, child] of sortedChildren(directory)) {
      if (child.kind === 'file' && !image.stored.has(child)) files.push(child);
    }
  }
  return files;
}

const keepPlain: PackMetadata = async () => undefined;

function metadataPacker(superblock: Superblock, options: CompressorOptions): PackMetadata {
  if ((superblock.flags & flag.plainInodes) !== 0) return keepPlain;
  const packing: Packing = {
    compressor: superblock.compressor,
    arguments: metadataArguments(options),
    blockSize: metadataBytes,
  };
  return async (content) => (await packBlocks([content], packing))[0];
}

function encodeFragments(fragments: readonly FragmentBlock[]): Buffer {
  const bytes = Buffer.alloc(fragments.length * 16);
  for (const [index, fragment] of fragments.entries()) {
    bytes.writeBigUInt64LE(BigInt(fragment.start), index * 16);
    bytes.writeUInt32LE(fragment.word, index * 16 + 8);
  }
  return bytes;
}

/** The export table: where each inode number's inode lies. */
function encodeReferences(
  before: Buffer,
  numbers: InodeNumbers,
  written: ReadonlyMap<number, number>,
): Buffer {
  const bytes = Buffer.alloc(numbers.total * 8);
  before.copy(bytes);
  for (const [number, reference] of written) bytes.writeBigUInt64LE(BigInt(reference), (number - 1) * 8);
  return bytes;
}

function encodeIds(ids: readonly number[]): Buffer {
  const bytes = Buffer.alloc(ids.length * 4);
  for (const [index, id] of ids.entries()) bytes.writeUInt32LE(id, index * 4);
  return bytes;
}

/** Padded like the image was, or not at all where it was not. */
async function pad(image: SquashfsImage, sink: ImageSink): Promise<void> {
  const { bytesUsed } = image.superblock;
  if (image.source.bytes === bytesUsed && bytesUsed % padBytes !== 0) return;
  await sink.append(Buffer.alloc((padBytes - (sink.position % padBytes)) % padBytes));
}
