/**
 * A disk's write log, replayed: what is on a disk whose power is cut after a given write, when its cache lost some of what
 * no flush had made durable. The format is that of the kernel's dm-log-writes, as QEMU's blklogwrites writes it.
 */
import type { Random } from './random.ts';

export interface LoggedWrite {
  /** Byte offsets in the log: where the record begins, and where its data ends. */
  readonly begin: number;
  readonly end: number;
  /** Byte offset on the disk. */
  readonly at: number;
  /** What was written; empty for a flush. */
  readonly bytes: Uint8Array;
  readonly flush: boolean;
  /** Durable by itself. */
  readonly forced: boolean;
}

/** The log's unit. */
const sector = 512;

/**
 * What disks of today write whole or not at all. ext4 relies on it: a superblock of which only the first 512 bytes arrive
 * fails its checksum, and nothing on the board can help.
 */
const diskSector = 4096;
const flags = { flush: 1, forced: 2, discard: 4 } as const;

/**
 * The records of a log, up to the first that is not whole: the power is cut while one is written. A discard counts as
 * nothing written: what it leaves is undefined.
 */
export function readWriteLog(log: Uint8Array): readonly LoggedWrite[] {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength);
  const writes: LoggedWrite[] = [];
  // The first sector is the log's own header, which QEMU brings up to date only now and then.
  for (let begin = sector; begin + sector <= log.length; ) {
    const number = (offset: number): number => Number(view.getBigUint64(begin + offset, true));
    const [at, count, flagged] = [number(0) * sector, number(8) * sector, number(16)];
    const length = (flagged & flags.discard) !== 0 ? 0 : count;
    const end = begin + sector + length;
    if ((count === 0 && flagged === 0) || end > log.length) break;
    writes.push({
      begin,
      end,
      at,
      bytes: log.subarray(begin + sector, end),
      flush: (flagged & flags.flush) !== 0,
      forced: (flagged & flags.forced) !== 0,
    });
    begin = end;
  }
  return writes;
}

/**
 * The disk after a power cut behind `count` records. What a flush has covered is there. Of what came later each write is
 * there or not, by chance; the last write may be there in part, cut where the disk's own sectors end.
 */
export function replay(
  base: Uint8Array,
  writes: readonly LoggedWrite[],
  count: number,
  random: Random,
): Uint8Array {
  const disk = Buffer.from(base);
  const done = writes.slice(0, count);
  const durable = done.findLastIndex(({ flush }) => flush) + 1;
  const kept = random.pick([0, 0.5, 0.9, 1]);
  for (const [index, { at, bytes, forced }] of done.entries()) {
    if (index < durable || forced || random.chance(kept)) disk.set(bytes, at);
    else if (index === count - 1) disk.set(bytes.subarray(0, torn(at, bytes.length, random)), at);
  }
  return disk;
}

/** How much of a write is there: up to the end of one of the disk's sectors. */
function torn(at: number, length: number, random: Random): number {
  const end = Math.floor((at + random.whole(0, length + 1)) / diskSector) * diskSector;
  return Math.max(0, end - at);
}
