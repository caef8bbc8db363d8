/** Whether a write to a file can be seen by its times, from the mount table and a folder's real path. Pure. */
import { mounts } from '../facts/storage.ts';

/**
 * File systems that move a file's times also where it is written to through a shared mapping, because they are asked before a
 * page becomes writable (page_mkwrite), or have no such mapping (jffs2). tmpfs and ramfs are not asked: there a program can
 * write for ever without a time that moves (tried on tmpfs, Linux 6.18).
 */
const telling: ReadonlySet<string> = new Set([
  'ext2',
  'ext3',
  'ext4',
  'f2fs',
  'xfs',
  'btrfs',
  'ubifs',
  'jffs2',
]);

/**
 * Where another name of a file costs a place in a block that is written with others. On jffs2 and ubifs each is a record in flash
 * of its own, and in memory as long as it is mounted.
 */
const namesInBlocks: ReadonlySet<string> = new Set(['ext2', 'ext3', 'ext4', 'f2fs', 'xfs', 'btrfs']);

/** As tellsWrites, for names. */
export function hasCheapNames(table: string, folder: string): boolean {
  return namesInBlocks.has(fileSystemOf(table, folder));
}

/**
 * @param table /proc/self/mountinfo of the board
 * @param folder absolute, without symbolic links in it
 */
export function tellsWrites(table: string, folder: string): boolean {
  return telling.has(fileSystemOf(table, folder));
}

/** The type of what a folder's files lie on, an overlay's upper looked up; empty where it is not one, or not known. */
function fileSystemOf(table: string, folder: string): string {
  const all = mounts(table, '').filter(({ hidden }) => !hidden);
  if (all.some(({ target }) => target.startsWith(`${folder}/`))) return '';
  const mountOf = (path: string) =>
    all
      .filter(({ target }) => target === '/' || path === target || path.startsWith(`${target}/`))
      .toSorted((a, b) => b.target.length - a.target.length)[0];
  const mount = mountOf(folder);
  if (mount?.fstype !== 'overlay') return mount?.fstype ?? '';
  // The upper's own mount has to be seen, and is asked; a board keeps it at /overlay.
  const upper = mount.superOptions.find((one) => one.startsWith('upperdir='))?.slice('upperdir='.length);
  const below = upper?.startsWith('/') === true ? mountOf(upper) : undefined;
  return below?.fstype ?? '';
}
