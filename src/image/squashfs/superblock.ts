/** The 96 bytes at the front of a squashfs 4.0 image (kernel: fs/squashfs/squashfs_fs.h). Always little-endian. */
import { Failure } from '../../diagnostics/diagnostic.ts';
import { damaged, truncated } from '../damage.ts';
import type { ImageSource } from '../source.ts';
import { type CompressorName, compressorOf, type Unpack } from './codec/index.ts';

export const superblockBytes = 96;
export const magic = 0x73717368;
/** What squashfs before 4.0 has on big-endian boards. */
export const swappedMagic = 0x68737173;

export const flag = {
  plainInodes: 0x1,
  plainData: 0x2,
  plainFragments: 0x8,
  noFragments: 0x10,
  exportable: 0x80,
  compressorOptions: 0x400,
  plainIds: 0x800,
} as const;

export interface Superblock {
  readonly inodes: number;
  readonly time: number;
  readonly blockSize: number;
  readonly fragments: number;
  readonly compressorId: number;
  readonly compressor: CompressorName;
  readonly unpack: Unpack;
  readonly flags: number;
  readonly ids: number;
  /** Where the root inode lies: start of its metadata block times 65536, plus the offset in it. */
  readonly rootInode: number;
  readonly bytesUsed: number;
  readonly idTable: number;
  readonly inodeTable: number;
  readonly directoryTable: number;
  readonly fragmentTable: number;
  /** Tables that an image may lack. */
  readonly xattrTable: number | undefined;
  readonly exportTable: number | undefined;
}

/** How a superblock writes "there is none". */
const none = 0xffff_ffff_ffff_ffffn;

/** @throws Failure OVL351 (another version), OVL353 (truncated), OVL354 (damaged) */
export async function readSuperblock(source: ImageSource): Promise<Superblock> {
  if (source.bytes < superblockBytes) throw truncated(source, 'squashfs', superblockBytes);
  const bytes = await source.read(0, superblockBytes);
  refuseOtherVersions(source, bytes);
  const compressorId = bytes.readUInt16LE(20);
  const compressor = compressorOf(compressorId);
  if (compressor === undefined) throw damaged(source, `there is no compressor number ${compressorId}`);
  const superblock: Superblock = {
    inodes: bytes.readUInt32LE(4),
    time: bytes.readUInt32LE(8),
    blockSize: bytes.readUInt32LE(12),
    fragments: bytes.readUInt32LE(16),
    compressorId,
    compressor: compressor.name,
    unpack: compressor.unpack,
    flags: bytes.readUInt16LE(24),
    ids: bytes.readUInt16LE(26),
    rootInode: Number(bytes.readBigUInt64LE(32)),
    bytesUsed: Number(bytes.readBigUInt64LE(40)),
    idTable: Number(bytes.readBigUInt64LE(48)),
    xattrTable: optional(bytes.readBigUInt64LE(56)),
    inodeTable: Number(bytes.readBigUInt64LE(64)),
    directoryTable: Number(bytes.readBigUInt64LE(72)),
    fragmentTable: Number(bytes.readBigUInt64LE(80)),
    exportTable: optional(bytes.readBigUInt64LE(88)),
  };
  check(source, superblock, bytes.readUInt16LE(22));
  return superblock;
}

export function encodeSuperblock(superblock: Superblock): Buffer {
  const bytes = Buffer.alloc(superblockBytes);
  bytes.writeUInt32LE(magic, 0);
  bytes.writeUInt32LE(superblock.inodes, 4);
  bytes.writeUInt32LE(superblock.time, 8);
  bytes.writeUInt32LE(superblock.blockSize, 12);
  bytes.writeUInt32LE(superblock.fragments, 16);
  bytes.writeUInt16LE(superblock.compressorId, 20);
  bytes.writeUInt16LE(Math.log2(superblock.blockSize), 22);
  bytes.writeUInt16LE(superblock.flags, 24);
  bytes.writeUInt16LE(superblock.ids, 26);
  bytes.writeUInt16LE(4, 28);
  bytes.writeUInt16LE(0, 30);
  const tables = [
    superblock.rootInode,
    superblock.bytesUsed,
    superblock.idTable,
    superblock.xattrTable,
    superblock.inodeTable,
    superblock.directoryTable,
    superblock.fragmentTable,
    superblock.exportTable,
  ];
  for (const [index, value] of tables.entries()) {
    bytes.writeBigUInt64LE(value === undefined ? none : BigInt(value), 32 + index * 8);
  }
  return bytes;
}

function optional(value: bigint): number | undefined {
  return value === none ? undefined : Number(value);
}

function refuseOtherVersions(source: ImageSource, bytes: Buffer): void {
  const swapped = bytes.readUInt32LE(0) === swappedMagic;
  const major = swapped ? bytes.readUInt16BE(28) : bytes.readUInt16LE(28);
  const minor = swapped ? bytes.readUInt16BE(30) : bytes.readUInt16LE(30);
  if (!swapped && major === 4 && minor === 0) return;
  throw new Failure({
    code: 'OVL351',
    severity: 'error',
    message: `"${source.path}" is squashfs ${major}.${minor}${swapped ? ' in big-endian byte order' : ''}, which overlaykit does not write`,
    because:
      'squashfs 4.0 (Linux 2.6.29 and later) is another format; a kernel that mounts one does not mount the other',
    fix: 'unpack it with the unsquashfs that came with the firmware, and make a squashfs 4.0 or cramfs image of it',
  });
}

function check(source: ImageSource, superblock: Superblock, blockLog: number): void {
  const { blockSize, bytesUsed, inodeTable, directoryTable } = superblock;
  if (blockSize < 4096 || blockSize > 1 << 20 || blockSize !== 2 ** blockLog) {
    throw damaged(source, `its block size is ${blockSize}; squashfs has powers of two from 4096 to 1048576`);
  }
  if (bytesUsed > source.bytes) throw truncated(source, 'squashfs', bytesUsed);
  const tables = [
    ['inode', inodeTable],
    ['directory', directoryTable],
    ['fragment', superblock.fragmentTable],
    ['id', superblock.idTable],
    ['export', superblock.exportTable],
    ['xattr', superblock.xattrTable],
  ] as const;
  for (const [name, start] of tables) {
    if (start === undefined || (name === 'fragment' && superblock.fragments === 0)) continue;
    if (start < superblockBytes || start > bytesUsed) {
      throw damaged(source, `its ${name} table is said to begin at byte ${start} of ${bytesUsed}`);
    }
  }
  if (inodeTable >= directoryTable) {
    throw damaged(
      source,
      `its inode table begins at byte ${inodeTable}, behind the directory table at ${directoryTable}`,
    );
  }
}
