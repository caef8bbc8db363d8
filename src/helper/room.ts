/** What room the storage has. */
import { boardPaths } from '../shared/helper-protocol.ts';
import type { StorageReport } from '../shared/report.ts';
import type { Measure } from './measure.ts';
import { readMounts } from './mounts.ts';
import type { BoardPort } from './storage-port.ts';
import { Refused } from './trouble.ts';

/** What has to stay free: a board that cannot write its state cannot count its boots. */
const reserveBytes = 128 * 1024;
const reserveInodes = 32;

/** The storage as it is; null where nothing is mounted there. */
export function storageReport(port: BoardPort): StorageReport | null {
  const fstype = readMounts(port).fstypeAt(boardPaths.storage);
  if (fstype === undefined) return null;
  const { blockSize, blocks, available, files, freeFiles } = port.statfs(boardPaths.storage);
  const availableBytes = available * blockSize;
  return {
    fstype,
    bytes: blocks * blockSize,
    availableBytes,
    inodes: files,
    availableInodes: freeFiles,
    volatile: fstype === 'tmpfs' || fstype === 'ramfs',
    full: availableBytes < reserveBytes || (files > 0 && freeFiles < reserveInodes),
  };
}

/**
 * Whether something of this size can be added.
 * @param path where the storage is mounted
 * @throws Refused with what there is and what is needed
 */
export function refuseTooLarge(
  port: BoardPort,
  { bytes, inodes }: Measure,
  path: string = boardPaths.storage,
): void {
  const { blockSize, available, files, freeFiles } = port.statfs(path);
  const have = available * blockSize;
  const need = bytes + reserveBytes;
  if (need > have)
    throw new Refused(
      `no room: the copy needs ${need} bytes with its reserve, ${have} are free; ${need - have} are missing`,
    );
  const needInodes = inodes + reserveInodes;
  if (files > 0 && needInodes > freeFiles)
    throw new Refused(`no room: the copy needs ${needInodes} inodes with its reserve, ${freeFiles} are free`);
}
