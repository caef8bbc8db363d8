/** The superblock of cramfs and its 12-byte inodes (kernel: include/uapi/linux/cramfs_fs.h), in either byte order. */
import { Failure } from '../../diagnostics/diagnostic.ts';
import { damaged, truncated } from '../damage.ts';
import type { ImageSource } from '../source.ts';
import type { NodeKind } from '../tree.ts';

export type ByteOrder = 'little' | 'big';

export const magic = 0x28cd3d45;
export const superblockBytes = 76;
export const inodeBytes = 12;
/** cramfs packs each of these by itself; the kernel's driver knows no other size. */
export const pageBytes = 4096;
/** A boot sector may stand in front. */
export const bootSectorBytes = 512;

const signature = 'Compressed ROMFS';
export const nameBytes = 16;

export const flag = {
  /** Size, CRC-32, edition, and the numbers of blocks and files are valid. */
  fsid: 0x1,
  sorted: 0x2,
  shiftedRoot: 0x400,
  extendedPointers: 0x800,
} as const;

export interface Header {
  readonly byteOrder: ByteOrder;
  /** Bytes in front of the superblock: none, or a boot sector. */
  readonly front: Buffer;
  readonly flags: number;
  readonly future: number;
  readonly signature: string;
  readonly edition: number;
  /** Volume name as bytes. */
  readonly name: string;
}

export const newHeader: Omit<Header, 'byteOrder' | 'name' | 'edition'> = {
  front: Buffer.alloc(0),
  flags: flag.fsid | flag.sorted,
  future: 0,
  signature,
};

export interface CramfsInode {
  /** Kind and permission bits, as in st_mode. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes; of a device node its number. */
  readonly size: number;
  /** Bytes of the name behind the inode, padding included. */
  readonly nameBytes: number;
  /** Position of the data in the image, in bytes. */
  readonly offset: number;
}

/** Bits of st_mode that say what kind of file it is. */
export const fileTypes: Readonly<Record<NodeKind, number>> = {
  fifo: 0o010000,
  'char-device': 0o020000,
  directory: 0o040000,
  'block-device': 0o060000,
  file: 0o100000,
  symlink: 0o120000,
  socket: 0o140000,
};

export function kindOf(mode: number): NodeKind | undefined {
  const kinds = Object.keys(fileTypes) as NodeKind[];
  return kinds.find((kind) => fileTypes[kind] === (mode & 0o170000));
}

/** Whether a superblock is at `at`, and in which byte order. */
export async function byteOrderAt(source: ImageSource, at: number): Promise<ByteOrder | undefined> {
  if (source.bytes < at + superblockBytes) return undefined;
  const bytes = await source.read(at, 4);
  if (bytes.readUInt32LE(0) === magic) return 'little';
  return bytes.readUInt32BE(0) === magic ? 'big' : undefined;
}

export interface Superblock {
  readonly header: Header;
  readonly bytesUsed: number;
  readonly crc: number | undefined;
  readonly root: CramfsInode;
}

/** @throws Failure OVL352 (direct pointers), OVL353 (truncated), OVL354 (damaged) */
export async function readSuperblock(source: ImageSource): Promise<Superblock> {
  const atStart = await byteOrderAt(source, 0);
  const at = atStart === undefined ? bootSectorBytes : 0;
  const byteOrder = atStart ?? (await byteOrderAt(source, at)) ?? 'little';
  const bytes = await source.read(at, superblockBytes);
  const u32 = (offset: number): number => readU32(bytes, offset, byteOrder);
  const flags = u32(8);
  const valid = (flags & flag.fsid) !== 0;
  const bytesUsed = valid ? u32(4) : source.bytes;
  if ((flags & flag.extendedPointers) !== 0) throw directPointers(source);
  if (bytesUsed > source.bytes) throw truncated(source, 'cramfs', bytesUsed);
  if (bytesUsed < at + superblockBytes) throw damaged(source, `it is said to have only ${bytesUsed} bytes`);
  return {
    header: {
      byteOrder,
      front: await source.read(0, at),
      flags,
      future: u32(12),
      signature: bytes.toString('latin1', 16, 32),
      edition: u32(36),
      name: bytes.toString('latin1', 48, 64),
    },
    bytesUsed,
    crc: valid ? u32(32) : undefined,
    root: decodeInode(bytes, 64, byteOrder),
  };
}

export interface Counted {
  readonly size: number;
  readonly blocks: number;
  readonly files: number;
  readonly root: CramfsInode;
}

/** The superblock without its CRC-32, which covers the whole image and is set last. */
export function encodeSuperblock(header: Header, counted: Counted): Buffer {
  const bytes = Buffer.alloc(superblockBytes);
  const order = header.byteOrder;
  writeU32(bytes, magic, 0, order);
  writeU32(bytes, counted.size, 4, order);
  writeU32(bytes, header.flags, 8, order);
  writeU32(bytes, header.future, 12, order);
  bytes.write(header.signature, 16, 16, 'latin1');
  writeU32(bytes, header.edition, 36, order);
  writeU32(bytes, counted.blocks, 40, order);
  writeU32(bytes, counted.files, 44, order);
  bytes.write(header.name, 48, nameBytes, 'latin1');
  encodeInode(counted.root, order).copy(bytes, 64);
  return bytes;
}

/** The fields are bit fields of C, so not only bytes but fields change places with the byte order. */
export function decodeInode(bytes: Buffer, at: number, order: ByteOrder): CramfsInode {
  const [a, b, c] = [0, 4, 8].map((offset) => readU32(bytes, at + offset, order)) as [number, number, number];
  if (order === 'little') {
    return {
      mode: a & 0xffff,
      uid: a >>> 16,
      size: b & 0xffffff,
      gid: b >>> 24,
      nameBytes: (c & 0x3f) * 4,
      offset: (c >>> 6) * 4,
    };
  }
  return {
    mode: a >>> 16,
    uid: a & 0xffff,
    size: b >>> 8,
    gid: b & 0xff,
    nameBytes: (c >>> 26) * 4,
    offset: (c & 0x3ffffff) * 4,
  };
}

export function encodeInode(inode: CramfsInode, order: ByteOrder): Buffer {
  const bytes = Buffer.alloc(inodeBytes);
  const { mode, uid, size, gid } = inode;
  const name = inode.nameBytes / 4;
  const offset = inode.offset / 4;
  const words =
    order === 'little'
      ? [mode + uid * 0x10000, size + gid * 0x1000000, name + offset * 0x40]
      : [mode * 0x10000 + uid, size * 0x100 + gid, name * 0x4000000 + offset];
  for (const [index, word] of words.entries()) writeU32(bytes, word, index * 4, order);
  return bytes;
}

export function readU32(bytes: Buffer, at: number, order: ByteOrder): number {
  return order === 'little' ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at);
}

export function writeU32(bytes: Buffer, value: number, at: number, order: ByteOrder): void {
  if (order === 'little') bytes.writeUInt32LE(value, at);
  else bytes.writeUInt32BE(value, at);
}

function directPointers(source: ImageSource): Failure {
  return new Failure({
    code: 'OVL352',
    severity: 'error',
    message: `"${source.path}" is cramfs with extended block pointers (execute in place), and overlaykit cannot put a bundle into that yet`,
    because: 'such files must stay at the addresses that they are executed at',
    fix: 'make the image with mkfs.cramfs, or put the bundle into the tree before the image is made',
  });
}
