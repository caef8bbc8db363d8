/** Making the storage: what shell and helper have to agree on, and which boards carry which functions. */
import test from 'ava';
import { storageMark } from '../../src/shared/helper-protocol.ts';
import { loadShellLibrary } from '../../src/system/shell-library.ts';
import { boardText, renderBoard } from '../support/plans.ts';

const applets = [
  'chroot',
  'dd',
  'ls',
  'mkdir',
  'mkfs.ext4',
  'mount',
  'pivot_root',
  'rm',
  'sleep',
  'sync',
  'tr',
  'umount',
];
const disk = (storage: object, more: readonly string[] = []): string =>
  boardText({
    helper: { enabled: true },
    storage: { type: 'ext4', find: { path: '/dev/disk' }, ...storage },
    applets: [...applets, ...more],
  });

test('the mark that the shell writes is the one that overlay_helper knows', async (t) => {
  const { functions } = await loadShellLibrary();
  const mark = functions.find(({ name }) => name === 'storage_mark');
  t.true(mark?.text.includes(`echo '${storageMark.text}'`));
  const end = functions.find(({ name }) => name === 'find_end');
  t.true(end?.text.includes(`ovl_size - ${storageMark.beforeEnd / 512}`));
});

test('only boards that make a storage in the background carry what that needs', async (t) => {
  const waits = await renderBoard(disk({}));
  const goesOn = await renderBoard(disk({ first_boot: 'tmpfs' }));
  t.regex(waits.script, /mount_or_make ext4 \/overlay/);
  t.notRegex(waits.script, /mount_or_leave|make_ready|ovl_blank=\$/);
  t.regex(goesOn.script, /mount_or_leave ext4 \/overlay/);
  t.regex(goesOn.script, /make_ready ext4 '' \/sbin\/overlay_helper adopt/);
  t.notRegex(goesOn.script, /mount_or_make\(\)/);
});
