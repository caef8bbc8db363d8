/**
 * Extended attributes. They are taken over as they are: inodes refer to them by number, and their references among
 * themselves are relative. Only the absolute positions at the end of the table have to move with it.
 */
import { damaged } from '../damage.ts';
import type { ImageSink } from '../format.ts';
import { metadataBytes } from './metadata.ts';
import type { SquashfsImage } from './open.ts';

const headerBytes = 16;
const entryBytes = 16;

/** @returns where the superblock finds the table in the new image; undefined where there is none */
export async function appendXattrs(image: SquashfsImage, sink: ImageSink): Promise<number | undefined> {
  const { source, superblock } = image;
  const header = superblock.xattrTable;
  if (header === undefined) return undefined;
  const head = await source.read(header, headerBytes);
  const start = Number(head.readBigUInt64LE(0));
  const blocks = Math.ceil((head.readUInt32LE(8) * entryBytes) / metadataBytes);
  const end = header + headerBytes + blocks * 8;
  if (start > header || end > superblock.bytesUsed) {
    throw damaged(source, `its xattrs are said to lie from byte ${start} to ${end}`);
  }
  const table = await source.read(start, end - start);
  const moved = sink.position - start;
  for (const at of [
    header - start,
    ...Array.from({ length: blocks }, (_, index) => header - start + headerBytes + index * 8),
  ]) {
    table.writeBigUInt64LE(BigInt(Number(table.readBigUInt64LE(at)) + moved), at);
  }
  await sink.append(table);
  return header + moved;
}
