/** Boards on the stock kernel: they boot, keep what their storage keeps, and leave nothing behind. One at a time. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { bootBoard } from '../../src/lab/index.ts';
import {
  afterPowerCut,
  boardOf,
  type Case,
  expectNothingLeft,
  rootOf,
  untouched,
  vm,
  withBoard,
  work,
} from '../support/virtual-boards.ts';

vm('a stock kernel boots a squashfs root with tmpfs over it, and nothing is kept', async (t) => {
  const storageImage = join(work, 'unused.img');
  const what: Case = { storage: 'tmpfs', more: { storageImage } };
  t.is(await afterPowerCut(t, what), untouched);
  await t.throwsAsync(stat(storageImage), { code: 'ENOENT' });
});

vm('the mount table of a booted board is that of its merged root', async (t) => {
  const table = await withBoard(t, { storage: 'jffs2' }, (boot) => boot.mountTable());
  const at = (target: string) => table.filter((entry) => entry.target === target);
  t.like(at('/'), [{ fstype: 'overlay' }]);
  t.true(at('/')[0]?.superOptions.includes('upperdir=/overlay/upper'));
  t.like(at('/rom'), [{ fstype: 'squashfs', source: '/dev/vda' }]);
  t.like(at('/overlay'), [{ fstype: 'jffs2', source: 'mtd:rootfs_data' }]);
  t.true(at('/rom')[0]?.options.includes('ro'));
});

vm('JFFS2 keeps what was written over a power cut', async (t) => {
  const what: Case = { storage: 'jffs2', more: { storageImage: join(work, 'jffs2.img') } };
  const kept = await afterPowerCut(t, what);
  t.regex(kept, /^written\n/);
  t.regex(kept, /\/etc\/issue: No such file/);
});

vm('ext4 keeps what was written over a power cut, at the name that the board file uses', async (t) => {
  const what: Case = { storage: 'ext4', more: { storageImage: join(work, 'ext4.img') } };
  t.regex(await afterPowerCut(t, what), /^written\n/);
});

vm('storage without an image of its own is blank on every boot', async (t) => {
  t.is(await afterPowerCut(t, { storage: 'jffs2' }), untouched);
});

vm('a stock kernel without the driver of the root is refused before anything starts', async (t) => {
  const board = boardOf('jffs2', 'cramfs');
  const request = { board, rootImage: await rootOf('cramfs'), machine: 'qemu' } as const;
  const failed = await t.throwsAsync(bootBoard(request), { instanceOf: Failure });
  t.is(failed.diagnostics[0]?.code, 'OVL407');
  t.regex(failed.diagnostics[0]?.fix ?? '', /qemu-own-kernel/);
});

vm('a stock kernel counts instructions with its root in memory', async (t) => {
  await withBoard(t, { storage: 'jffs2', more: { exact: { seed: 1 } } }, async (boot) => {
    const table = await boot.mountTable({ timeoutMs: 120_000 });
    t.like(
      table.find(({ target }) => target === '/rom'),
      { fstype: 'squashfs', source: '/dev/loop0' },
    );
  });
});

vm('nothing is left behind', expectNothingLeft);
