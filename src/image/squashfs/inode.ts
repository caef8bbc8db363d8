/** Inodes of squashfs: fourteen forms, read and written. Each kind has a short form and one with link count and xattrs. */

export const noFragment = 0xffffffff;
export const noXattr = 0xffffffff;

/** Number of each kind in directory entries; the extended form of an inode has 7 more. */
export const inodeType = {
  directory: 1,
  file: 2,
  symlink: 3,
  'block-device': 4,
  'char-device': 5,
  fifo: 6,
  socket: 7,
} as const;

export interface InodeCommon {
  readonly mode: number;
  readonly uidIndex: number;
  readonly gidIndex: number;
  readonly mtime: number;
  readonly number: number;
  readonly links: number;
  readonly xattr: number;
  /** Where the inode lies in the unpacked inode table, and its length there. */
  readonly position: number;
  readonly length: number;
}

export interface FileExtent {
  /** Position of the first data block in the image. */
  readonly start: number;
  readonly size: number;
  /** Number of the fragment block with the file's tail, and where the tail begins in it; or `noFragment`. */
  readonly fragment: number;
  readonly fragmentOffset: number;
}

export type FileInode = InodeCommon & FileExtent & { readonly kind: 'file'; readonly blockCount: number };

export type SquashfsInode = InodeCommon &
  (
    | {
        readonly kind: 'directory';
        readonly listingBlock: number;
        readonly listingOffset: number;
        readonly listingBytes: number;
        readonly parent: number;
      }
    | (FileExtent & { readonly kind: 'file'; readonly blockCount: number })
    | { readonly kind: 'symlink'; readonly target: string }
    | { readonly kind: 'block-device' | 'char-device'; readonly major: number; readonly minor: number }
    | { readonly kind: 'fifo' | 'socket' }
  );

/** A directory of this many bytes and more needs the extended form, whose size has 32 bits. */
const shortDirectoryBytes = 0x10000;
const maxTargetBytes = 0xffff;
/** `.` and `..` are not stored but counted. */
const dotBytes = 3;

/** @throws RangeError where the inode is none */
export function readInode(table: Buffer, at: number, blockSize: number): SquashfsInode {
  const type = table.readUInt16LE(at);
  const extended = type > 7;
  const common = {
    mode: table.readUInt16LE(at + 2) & 0o7777,
    uidIndex: table.readUInt16LE(at + 4),
    gidIndex: table.readUInt16LE(at + 6),
    mtime: table.readUInt32LE(at + 8),
    number: table.readUInt32LE(at + 12),
    position: at,
  };
  const u32 = (offset: number): number => table.readUInt32LE(at + offset);
  switch (extended ? type - 7 : type) {
    case inodeType.directory: {
      const indexes = extended ? directoryIndexBytes(table, at) : 0;
      const size = extended ? u32(20) : table.readUInt16LE(at + 24);
      return {
        ...common,
        kind: 'directory',
        links: extended ? u32(16) : u32(20),
        xattr: extended ? u32(36) : noXattr,
        length: extended ? 40 + indexes : 32,
        listingBlock: extended ? u32(24) : u32(16),
        listingOffset: table.readUInt16LE(at + (extended ? 34 : 26)),
        listingBytes: Math.max(size - dotBytes, 0),
        parent: u32(28),
      };
    }
    case inodeType.file: {
      const size = extended ? Number(table.readBigUInt64LE(at + 24)) : u32(28);
      const fragment = u32(extended ? 44 : 20);
      const count = fragment === noFragment ? Math.ceil(size / blockSize) : Math.floor(size / blockSize);
      const list = at + (extended ? 56 : 32);
      if (list + count * 4 > table.length) throw new RangeError(`inode ${common.number} has too many blocks`);
      return {
        ...common,
        kind: 'file',
        links: extended ? u32(40) : 1,
        xattr: extended ? u32(52) : noXattr,
        length: list + count * 4 - at,
        start: extended ? Number(table.readBigUInt64LE(at + 16)) : u32(16),
        size,
        fragment,
        fragmentOffset: u32(extended ? 48 : 24),
        blockCount: count,
      };
    }
    case inodeType.symlink: {
      const bytes = u32(20);
      if (bytes > maxTargetBytes || at + 24 + bytes > table.length)
        throw new RangeError(`the target of inode ${common.number} is cut off`);
      return {
        ...common,
        kind: 'symlink',
        links: u32(16),
        xattr: extended ? u32(24 + bytes) : noXattr,
        length: 24 + bytes + (extended ? 4 : 0),
        target: table.toString('latin1', at + 24, at + 24 + bytes),
      };
    }
    case inodeType['block-device']:
    case inodeType['char-device']: {
      const device = u32(20);
      return {
        ...common,
        kind: type % 7 === inodeType['block-device'] ? 'block-device' : 'char-device',
        links: u32(16),
        xattr: extended ? u32(24) : noXattr,
        length: extended ? 28 : 24,
        major: (device >>> 8) & 0xfff,
        minor: (device & 0xff) | ((device >>> 12) & 0xfff00),
      };
    }
    case inodeType.fifo:
    case inodeType.socket:
      return {
        ...common,
        kind: type % 7 === inodeType.fifo ? 'fifo' : 'socket',
        links: u32(16),
        xattr: extended ? u32(20) : noXattr,
        length: extended ? 24 : 20,
      };
    default:
      throw new RangeError(`there is no inode type ${type}`);
  }
}

/** One word a data block: the bytes it takes in the image, bit 24 set where it is not packed, 0 for a hole. */
export function blockWords(table: Buffer, file: FileInode): readonly number[] {
  const list = file.position + file.length - file.blockCount * 4;
  return Array.from({ length: file.blockCount }, (_, index) => table.readUInt32LE(list + index * 4));
}

/** Bytes of the index behind an extended directory inode: a shortcut into long listings. */
function directoryIndexBytes(table: Buffer, at: number): number {
  const count = table.readUInt16LE(at + 32);
  let bytes = 0;
  for (let left = count; left > 0; left -= 1) bytes += 12 + table.readUInt32LE(at + 40 + bytes + 8) + 1;
  if (at + 40 + bytes > table.length) throw new RangeError('the index of a directory is cut off');
  return bytes;
}

export interface NewInode {
  readonly mode: number;
  readonly uidIndex: number;
  readonly gidIndex: number;
  readonly mtime: number;
  readonly number: number;
}

export interface NewDirectory extends NewInode {
  readonly links: number;
  readonly xattr: number;
  readonly listingBlock: number;
  readonly listingOffset: number;
  readonly listingBytes: number;
  readonly parent: number;
}

/** Writes a directory, without an index: kernels then search the listing from its beginning. */
export function encodeDirectory(inode: NewDirectory): Buffer {
  const size = inode.listingBytes + dotBytes;
  if (size < shortDirectoryBytes && inode.xattr === noXattr) {
    const bytes = encodeCommon(inodeType.directory, inode, 32);
    bytes.writeUInt32LE(inode.listingBlock, 16);
    bytes.writeUInt32LE(inode.links, 20);
    bytes.writeUInt16LE(size, 24);
    bytes.writeUInt16LE(inode.listingOffset, 26);
    bytes.writeUInt32LE(inode.parent, 28);
    return bytes;
  }
  const bytes = encodeCommon(inodeType.directory + 7, inode, 40);
  bytes.writeUInt32LE(inode.links, 16);
  bytes.writeUInt32LE(size, 20);
  bytes.writeUInt32LE(inode.listingBlock, 24);
  bytes.writeUInt32LE(inode.parent, 28);
  bytes.writeUInt16LE(0, 32);
  bytes.writeUInt16LE(inode.listingOffset, 34);
  bytes.writeUInt32LE(inode.xattr, 36);
  return bytes;
}

/** Writes a file with one link and no xattrs. */
export function encodeFile(inode: NewInode & FileExtent, blocks: readonly number[]): Buffer {
  const short = inode.start <= 0xffffffff && inode.size <= 0xffffffff;
  const list = short ? 32 : 56;
  const bytes = encodeCommon(short ? inodeType.file : inodeType.file + 7, inode, list + blocks.length * 4);
  if (short) {
    bytes.writeUInt32LE(inode.start, 16);
    bytes.writeUInt32LE(inode.fragment, 20);
    bytes.writeUInt32LE(inode.fragmentOffset, 24);
    bytes.writeUInt32LE(inode.size, 28);
  } else {
    bytes.writeBigUInt64LE(BigInt(inode.start), 16);
    bytes.writeBigUInt64LE(BigInt(inode.size), 24);
    bytes.writeUInt32LE(1, 40);
    bytes.writeUInt32LE(inode.fragment, 44);
    bytes.writeUInt32LE(inode.fragmentOffset, 48);
    bytes.writeUInt32LE(noXattr, 52);
  }
  for (const [index, word] of blocks.entries()) bytes.writeUInt32LE(word, list + index * 4);
  return bytes;
}

/** The bytes of an inode that is not a directory, with another link count where its form has one. */
export function withLinks(table: Buffer, inode: SquashfsInode, links: number): Buffer {
  const bytes = Buffer.from(table.subarray(inode.position, inode.position + inode.length));
  const type = bytes.readUInt16LE(0);
  if (type === inodeType.file + 7) bytes.writeUInt32LE(links, 40);
  else if (type !== inodeType.file) bytes.writeUInt32LE(links, 16);
  return bytes;
}

function encodeCommon(type: number, inode: NewInode, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt16LE(type, 0);
  bytes.writeUInt16LE(inode.mode, 2);
  bytes.writeUInt16LE(inode.uidIndex, 4);
  bytes.writeUInt16LE(inode.gidIndex, 6);
  bytes.writeUInt32LE(inode.mtime, 8);
  bytes.writeUInt32LE(inode.number, 12);
  return bytes;
}
