/** Making the storage: what shell and helper have to agree on, and which boards carry which functions. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { storageMark } from '../../src/shared/helper-protocol.ts';
import { loadShellLibrary } from '../../src/system/shell-library.ts';
import { requireTool } from '../../src/system/tools.ts';
import { boardText, renderBoard } from '../support/plans.ts';
import { shells } from '../support/shell-board.ts';
import { ShellFunctions } from '../support/shell-functions.ts';

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

const bytes = 256 * 1024;

for (const shell of shells) {
  test.serial(`${shell}: a cut while the storage is made leaves it blank, marked, or whole`, async (t) => {
    const functions = await ShellFunctions.make(t, shell);
    const device = join(functions.folder, 'device');
    const busybox = requireTool('busybox');
    const programs = {
      dd: `exec ${busybox} dd "$@"`,
      tr: `exec ${busybox} tr "$@"`,
      'mkfs.ext4': `printf made | ${busybox} dd of="$1" conv=notrunc 2>/dev/null; echo "$2"`,
    };
    const end = `find_end() { ovl_end=${(bytes - storageMark.beforeEnd) / 512}; }`;
    const seen = new Set<string>();
    const make = `${end}; make_storage ext4 ${device}`;
    await writeFile(device, Buffer.alloc(bytes));
    const whole = await functions.call(make, { programs });
    t.is(whole.code, 0, whole.output);
    t.regex(whole.output, /^252k$/m, 'it ends before the mark');
    for (let cut = 1; cut <= whole.calls; cut++) {
      for (const when of ['before', 'after'] as const) {
        await writeFile(device, Buffer.alloc(bytes));
        await functions.call(make, { programs, cut, when });
        const left = await readFile(device);
        const head = left.toString('latin1', 0, 4);
        const marked = left.includes(storageMark.text, bytes - storageMark.beforeEnd);
        t.true(marked || head === 'made', `cut ${when} call ${cut}: ${head}`);
        seen.add(`${head.replaceAll('\0', '0')} ${marked}`);
        const next = await functions.call(`${end}; may_be_made ${device}`, { programs });
        t.is(next.code === 0, marked, `the next boot makes it anew where it is marked: ${next.output}`);
      }
    }
    t.true(seen.has('0000 true') && seen.has('made true') && seen.has('made false'), [...seen].join(', '));
  });
}
