/** Writes metadata tables so that what did not change keeps its packed bytes, and with them every reference into it. */
import type { ImageSink } from '../format.ts';
import { frameBlock, type MetadataTable, metadataBytes } from './metadata.ts';

/** Packs one metadata block; undefined where it does not get smaller. */
export type PackMetadata = (content: Uint8Array) => Promise<Uint8Array | undefined>;

/** A table that is referred to by metadata block and offset, and only ever grows at its end. */
export interface GrowingTable {
  /** Where the next `append` lands: start of its block relative to the table, and offset in it. */
  readonly block: number;
  readonly offset: number;
  append(bytes: Uint8Array): Promise<void>;
  /** The whole table as it goes into the image. */
  finish(): Promise<readonly Uint8Array[]>;
}

/**
 * Goes on with a table after its first `keep` unpacked bytes. Full blocks in front of that are taken as they are; the one
 * that is cut is opened again, because only the last block of a table may have fewer than 8192 bytes.
 */
export function growTable(table: MetadataTable, keep: number, pack: PackMetadata): GrowingTable {
  const kept = Math.floor(keep / metadataBytes);
  const parts: Uint8Array[] = table.blocks.slice(0, kept).map((block) => block.packed);
  let block = parts.reduce((sum, part) => sum + part.length, 0);
  let open: Uint8Array = Buffer.from(table.bytes.subarray(kept * metadataBytes, keep));

  const close = async (content: Uint8Array): Promise<void> => {
    const part = frameBlock(content, await pack(content));
    parts.push(part);
    block += part.length;
  };
  return {
    get block() {
      return block;
    },
    get offset() {
      return open.length;
    },
    async append(bytes) {
      open = Buffer.concat([open, bytes]);
      while (open.length >= metadataBytes) {
        await close(open.subarray(0, metadataBytes));
        open = open.subarray(metadataBytes);
      }
    },
    async finish() {
      if (open.length > 0) await close(open);
      open = new Uint8Array(0);
      return parts;
    },
  };
}

/**
 * Writes a table whose entries are found by number: its blocks, then the positions of the blocks.
 * @returns position of the array of positions, which is what the superblock names
 */
export async function writeIndexedTable(
  sink: ImageSink,
  old: MetadataTable | undefined,
  content: Buffer,
  pack: PackMetadata,
): Promise<number> {
  const positions: number[] = [];
  for (let at = 0; at < content.length; at += metadataBytes) {
    const block = content.subarray(at, at + metadataBytes);
    const before = old?.bytes.subarray(at, at + metadataBytes);
    const same = before !== undefined && block.equals(before) ? old?.blocks[at / metadataBytes] : undefined;
    positions.push(sink.position);
    await sink.append(same?.packed ?? frameBlock(block, await pack(block)));
  }
  const index = sink.position;
  const pointers = Buffer.alloc(positions.length * 8);
  for (const [number, position] of positions.entries())
    pointers.writeBigUInt64LE(BigInt(position), number * 8);
  await sink.append(pointers);
  return index;
}
