/** Reads the whole tree of a squashfs image into memory: inodes, listings, ids, and where the file contents lie. */
import { damaged } from '../damage.ts';
import type { ImageSource } from '../source.ts';
import type { ByteString, DirectoryNode, ImageNode } from '../tree.ts';
import { inodeType, readInode, type SquashfsInode } from './inode.ts';
import { readListing } from './listing.ts';
import { type MetadataTable, readIndexedTable, readTable } from './metadata.ts';
import { readSuperblock, type Superblock } from './superblock.ts';

export interface FragmentBlock {
  readonly start: number;
  /** Bytes it takes, bit 24 set where it is not packed. */
  readonly word: number;
}

/** A squashfs image as it lies in the file. */
export interface SquashfsImage {
  readonly source: ImageSource;
  readonly superblock: Superblock;
  readonly inodes: MetadataTable;
  readonly directories: MetadataTable;
  readonly fragmentTable: MetadataTable;
  readonly exportTable: MetadataTable | undefined;
  readonly idTable: MetadataTable;
  readonly ids: readonly number[];
  readonly fragments: readonly FragmentBlock[];
  readonly root: DirectoryNode;
  /** The inode of each node that was read. */
  readonly stored: ReadonlyMap<ImageNode, SquashfsInode>;
  /** Reference (metadata block times 65536 plus offset) of each inode that was read. */
  readonly references: ReadonlyMap<ImageNode, number>;
  /** What each directory had in it. */
  readonly listed: ReadonlyMap<DirectoryNode, ReadonlyMap<ByteString, ImageNode>>;
}

const idBytes = 4;
const fragmentBytes = 16;
const referenceBytes = 8;

export async function readImage(source: ImageSource): Promise<SquashfsImage> {
  const superblock = await readSuperblock(source);
  const fragmentTable = await readIndexedTable(
    source,
    superblock,
    superblock.fragmentTable,
    superblock.fragments * fragmentBytes,
  );
  const exportTable =
    superblock.exportTable === undefined
      ? undefined
      : await readIndexedTable(
          source,
          superblock,
          superblock.exportTable,
          superblock.inodes * referenceBytes,
        );
  const idTable = await readIndexedTable(source, superblock, superblock.idTable, superblock.ids * idBytes);
  const inodes = await readTable(source, superblock, superblock.inodeTable, superblock.directoryTable);
  const directoriesEnd = await endOfDirectories(source, superblock);
  const directories = await readTable(source, superblock, superblock.directoryTable, directoriesEnd);
  const ids = Array.from({ length: superblock.ids }, (_, index) =>
    idTable.bytes.readUInt32LE(index * idBytes),
  );
  const fragments = Array.from({ length: superblock.fragments }, (_, index) => ({
    start: Number(fragmentTable.bytes.readBigUInt64LE(index * fragmentBytes)),
    word: fragmentTable.bytes.readUInt32LE(index * fragmentBytes + 8),
  }));
  const tables = {
    source,
    superblock,
    inodes,
    directories,
    fragmentTable,
    exportTable,
    idTable,
    ids,
    fragments,
  };
  return { ...tables, ...readTree(tables) };
}

/**
 * The directory table has no length of its own: it ends where the next table begins, and that is the first metadata block
 * that the index of fragments, of exports or of ids points to.
 */
async function endOfDirectories(source: ImageSource, superblock: Superblock): Promise<number> {
  const next =
    superblock.fragments > 0
      ? superblock.fragmentTable
      : superblock.exportTable !== undefined
        ? superblock.exportTable
        : superblock.idTable;
  const end = Number((await source.read(next, 8)).readBigUInt64LE(0));
  if (end <= superblock.directoryTable || end > superblock.bytesUsed) {
    throw damaged(source, `its directory table is said to end at byte ${end}`);
  }
  return end;
}

type Tables = Pick<SquashfsImage, 'source' | 'superblock' | 'inodes' | 'directories' | 'ids'>;
type Tree = Pick<SquashfsImage, 'root' | 'stored' | 'references' | 'listed'>;

function readTree(tables: Tables): Tree {
  const stored = new Map<ImageNode, SquashfsInode>();
  const references = new Map<ImageNode, number>();
  const listed = new Map<DirectoryNode, ReadonlyMap<ByteString, ImageNode>>();
  const byReference = new Map<number, ImageNode>();
  // No table is shared between inodes or between listings, so a tree that needs more than its tables goes in circles.
  let inodeBytes = 0;
  let listingBytes = 0;

  const nodeAt = (block: number, offset: number): ImageNode => {
    const reference = block * 0x10000 + offset;
    const known = byReference.get(reference);
    if (known !== undefined) {
      if (known.kind === 'directory') throw damaged(tables.source, 'a directory stands in two places');
      return known;
    }
    const position = tables.inodes.locate(block, offset);
    const inode = readInode(tables.inodes.bytes, position, tables.superblock.blockSize);
    inodeBytes += inode.length;
    if (inodeBytes > tables.inodes.bytes.length) throw damaged(tables.source, 'inodes lie over each other');
    if (inode.number < 1 || inode.number > tables.superblock.inodes) {
      throw damaged(tables.source, `inode number ${inode.number} of ${tables.superblock.inodes}`);
    }
    const node = nodeOf(tables, inode);
    stored.set(node, inode);
    references.set(node, reference);
    byReference.set(reference, node);
    return node;
  };

  const rootReference = tables.superblock.rootInode;
  const root = nodeAt(Math.floor(rootReference / 0x10000), rootReference % 0x10000);
  if (root.kind !== 'directory') throw damaged(tables.source, 'its root inode is no directory');
  const pending = [root];
  for (let directory = pending.pop(); directory !== undefined; directory = pending.pop()) {
    const inode = stored.get(directory);
    if (inode?.kind !== 'directory') throw new Error('a directory was read from an inode of another kind');
    listingBytes += inode.listingBytes;
    if (listingBytes > tables.directories.bytes.length) {
      throw damaged(tables.source, 'directory listings lie over each other');
    }
    for (const entry of readListing(listingOf(tables.directories, inode))) {
      if (directory.children.has(entry.name)) {
        throw damaged(tables.source, `the name ${JSON.stringify(entry.name)} stands twice in a directory`);
      }
      const child = nodeAt(entry.block, entry.offset);
      if (inodeType[child.kind] !== entry.type) {
        throw damaged(tables.source, `${JSON.stringify(entry.name)} is of another kind than its inode`);
      }
      directory.children.set(entry.name, child);
      if (child.kind === 'directory') pending.push(child);
    }
    listed.set(directory, new Map(directory.children));
  }
  return { root, stored, references, listed };
}

function listingOf(
  directories: MetadataTable,
  inode: SquashfsInode & { readonly kind: 'directory' },
): Buffer {
  if (inode.listingBytes === 0) return Buffer.alloc(0);
  const start = directories.locate(inode.listingBlock, inode.listingOffset);
  const end = start + inode.listingBytes;
  if (end > directories.bytes.length) throw new RangeError('a directory listing is cut off');
  return directories.bytes.subarray(start, end);
}

function nodeOf(tables: Tables, inode: SquashfsInode): ImageNode {
  const id = (index: number): number => {
    const value = tables.ids[index];
    if (value === undefined) throw damaged(tables.source, `there is no id number ${index}`);
    return value;
  };
  const owned = {
    mode: inode.mode,
    uid: id(inode.uidIndex),
    gid: id(inode.gidIndex),
    mtime: inode.mtime,
  };
  switch (inode.kind) {
    case 'directory':
      return { kind: inode.kind, ...owned, children: new Map() };
    case 'file':
      return { kind: inode.kind, ...owned, size: inode.size };
    case 'symlink':
      return { kind: inode.kind, ...owned, target: inode.target };
    case 'block-device':
    case 'char-device':
      return { kind: inode.kind, ...owned, major: inode.major, minor: inode.minor };
    case 'fifo':
    case 'socket':
      return { kind: inode.kind, ...owned };
  }
}
