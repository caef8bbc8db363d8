/** Reads the tree of a cramfs image. The image is at most 256 MiB by its own pointers, so it is read as a whole. */
import { crc32 } from 'node:zlib';
import { damaged } from '../damage.ts';
import type { ImageSource } from '../source.ts';
import type { DirectoryNode, ImageNode } from '../tree.ts';
import { type PackedFile, packedFile, unpackFile } from './pages.ts';
import {
  type CramfsInode,
  decodeInode,
  type Header,
  inodeBytes,
  kindOf,
  readSuperblock,
  superblockBytes,
} from './superblock.ts';

export interface CramfsImage {
  readonly source: ImageSource;
  readonly header: Header;
  readonly bytesUsed: number;
  readonly root: DirectoryNode;
  /** The packed pages of each file and symbolic link that was read. */
  readonly packed: ReadonlyMap<ImageNode, PackedFile>;
}

/** Largest position that an inode can name: 26 bits of 4-byte words; the last file may reach beyond it. */
const maxImageBytes = (1 << 28) + (1 << 24);

export async function readImage(source: ImageSource): Promise<CramfsImage> {
  const { header, bytesUsed, crc, root: rootInode } = await readSuperblock(source);
  if (bytesUsed > maxImageBytes) throw damaged(source, `cramfs cannot have ${bytesUsed} bytes`);
  const image = await source.read(0, bytesUsed);
  if (crc !== undefined) checkCrc(source, image, header, crc);
  const packed = new Map<ImageNode, PackedFile>();
  // A listing belongs to one directory; a tree that needs more bytes than the image goes in circles.
  let listingBytes = 0;

  const nodeOf = (inode: CramfsInode): ImageNode => {
    const kind = kindOf(inode.mode);
    const owned = { mode: inode.mode & 0o7777, uid: inode.uid, gid: inode.gid, mtime: 0 };
    switch (kind) {
      case 'directory':
        return { kind, ...owned, children: new Map() };
      case 'file': {
        const node: ImageNode = { kind, ...owned, size: inode.size };
        packed.set(node, packedFile(image, inode, header.byteOrder));
        return node;
      }
      case 'symlink': {
        const pages = packedFile(image, inode, header.byteOrder);
        const node: ImageNode = { kind, ...owned, target: unpackFile(pages).toString('latin1') };
        packed.set(node, pages);
        return node;
      }
      case 'char-device':
      case 'block-device':
        return { kind, ...owned, major: (inode.size >>> 8) & 0xff, minor: inode.size & 0xff };
      case 'fifo':
      case 'socket':
        return { kind, ...owned };
      case undefined:
        throw damaged(source, `an inode has the mode ${inode.mode.toString(8)}`);
    }
  };

  const root = nodeOf(rootInode);
  if (root.kind !== 'directory') throw damaged(source, 'its root inode is no directory');
  const pending: [DirectoryNode, CramfsInode][] = [[root, rootInode]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [directory, inode] = next;
    listingBytes += inode.size;
    if (listingBytes > bytesUsed) throw damaged(source, 'directories lie over each other');
    for (const [name, child] of readListing(image, inode, header)) {
      if (directory.children.has(name))
        throw damaged(source, `the name "${name}" stands twice in a directory`);
      const node = nodeOf(child);
      directory.children.set(name, node);
      if (node.kind === 'directory') pending.push([node, child]);
    }
  }
  return { source, header, bytesUsed, root, packed };
}

function readListing(image: Buffer, directory: CramfsInode, header: Header): [string, CramfsInode][] {
  const entries: [string, CramfsInode][] = [];
  const end = directory.offset + directory.size;
  if (end > image.length) throw new RangeError('a directory is cut off');
  for (let at = directory.offset; at < end; ) {
    const inode = decodeInode(image, at, header.byteOrder);
    const nameEnd = at + inodeBytes + inode.nameBytes;
    if (inode.nameBytes === 0 || nameEnd > end) throw new RangeError('a name in a directory is cut off');
    const name = image.toString('latin1', at + inodeBytes, nameEnd).replace(/\0+$/, '');
    if (name === '' || name === '.' || name === '..' || name.includes('/') || name.includes('\0')) {
      throw new RangeError(`a directory has an entry called ${JSON.stringify(name)}`);
    }
    entries.push([name, inode]);
    at = nameEnd;
  }
  return entries;
}

/** The CRC-32 covers everything from the superblock on, with its own four bytes taken as zero. */
export function imageCrc(image: Buffer, start: number): number {
  const head = Buffer.from(image.subarray(start, start + superblockBytes));
  head.fill(0, 32, 36);
  return crc32(image.subarray(start + superblockBytes), crc32(head));
}

function checkCrc(source: ImageSource, image: Buffer, header: Header, stated: number): void {
  const found = imageCrc(image, header.front.length);
  if (found === stated) return;
  throw damaged(source, `its CRC-32 is ${hex(found)}, the superblock says ${hex(stated)}`);
}

function hex(value: number): string {
  return value.toString(16).padStart(8, '0');
}
