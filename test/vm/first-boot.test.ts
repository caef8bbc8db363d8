/**
 * A blank disk in a whole board, with the real programs: ext4 that is made behind a rung in memory, and f2fs that is made
 * while the boot waits, and looked at where it does not mount.
 */
import { open, readFile, truncate, writeFile } from 'node:fs/promises';
import { storageMark } from '../../src/shared/helper-protocol.ts';
import { testWith } from '../support/needs.ts';
import { makeExt4Program, programWithLibraries } from '../support/root-programs.ts';
import {
  changedBoard,
  output,
  ownKernelTools,
  ready,
  status,
  storageImage,
  textFile,
  vmTools,
  withBoot,
} from '../support/shipped-boards.ts';

const path = 'path: /dev/vdb }';
const first = testWith(...ownKernelTools, 'mkfs.ext4', 'e2fsck.static');
const f2fs = testWith(...vmTools, 'mkfs.f2fs', 'fsck.f2fs');

async function blank(bytes: number): Promise<string> {
  const image = await storageImage();
  await writeFile(image, '');
  await truncate(image, bytes);
  return image;
}

first(
  'ext4, first_boot: tmpfs: in memory at once, and what was written is there after the cut',
  async (t) => {
    t.timeout(900_000);
    const text = await changedBoard(
      'lab-ext4',
      ['label: overlay }', path],
      ['dmesg, e2fsck', 'dmesg, e2fsck, mkfs.ext4'],
      ['type: ext4', 'type: ext4\n  first_boot: tmpfs'],
    );
    const board = await ready(await textFile(text), { root: { files: await makeExt4Program() } });
    const image = await blank(16 * 2 ** 20);
    const storage = { machine: 'qemu-own-kernel', storageImage: image } as const;
    await withBoot(t, board, storage, async (boot) => {
      const account = await status(boot);
      t.is(account.rung, 'tmpfs', boot.console);
      t.regex(account.reasons[0] ?? '', /\/dev\/vdb is blank; it is made ready in the background$/);
      await output(boot, 'echo mine >/etc/hostname; rm /etc/issue; mkdir /etc/new');
      await output(
        boot,
        "n=0; until overlay_helper status | grep -q 'last copy: generation 2'; do n=$((n + 1)); [ $n -lt 90 ] || exit 1; sleep 1; done",
      );
      await boot.cut();
    });
    const mark = (await readFile(image)).subarray(-storageMark.beforeEnd).toString('latin1', 0, 16);
    t.is(mark, '\0'.repeat(16), 'it is no longer half-made');
    await withBoot(t, board, storage, async (boot) => {
      t.like(
        await status(boot),
        { rung: 'persistent', generation: '2', reasons: [], notes: [] },
        boot.console,
      );
      t.is(
        await output(boot, 'cat /etc/hostname; [ ! -e /etc/issue ] && [ -e /etc/new ] && echo changed'),
        'mine\nchanged',
      );
      await boot.cut();
    });
  },
);

f2fs(
  'f2fs: a blank disk is made ready, outlives a cut, and fsck.f2fs looks at what does not mount',
  async (t) => {
    t.timeout(900_000);
    const text = await changedBoard(
      'lab-ext4',
      ['squashfs, ext4, overlay', 'squashfs, f2fs, overlay'],
      [
        'type: ext4\n  find: { label: overlay }\n  size: 16MiB',
        `type: f2fs\n  find: { ${path}\n  size: 64MiB`,
      ],
      ['dmesg, e2fsck', 'dmesg, fsck.f2fs, mkfs.f2fs'],
    );
    const programs = [
      ...(await programWithLibraries('mkfs.f2fs', '/sbin/mkfs.f2fs')),
      ...(await programWithLibraries('fsck.f2fs', '/sbin/fsck.f2fs')),
    ];
    const board = await ready(await textFile(text), { root: { files: programs } });
    const image = await blank(64 * 2 ** 20);
    const storage = { machine: 'qemu', storageImage: image } as const;
    await withBoot(t, board, storage, async (boot) => {
      t.is((await status(boot)).rung, 'persistent', boot.console);
      t.regex(boot.console, /\/dev\/vdb is blank; making f2fs on it/);
      t.regex(await output(boot, 'grep " /overlay " /proc/mounts'), /^\/dev\/vdb \/overlay f2fs rw,/);
      await output(boot, 'echo mine >/etc/hostname; sync');
      await boot.cut();
    });
    const file = await open(image, 'r+');
    const superblocks = Buffer.alloc(2 * 4096);
    await file.read(superblocks, 0, superblocks.length, 0);
    await withBoot(t, board, storage, async (boot) => {
      t.is((await status(boot)).rung, 'persistent', boot.console);
      t.is(await output(boot, 'cat /etc/hostname'), 'mine');
      await boot.cut();
    });
    // Both superblocks are noise: nothing that preening may mend.
    await file.write(Buffer.alloc(superblocks.length, 0x5a), 0, superblocks.length, 0);
    await withBoot(t, board, storage, async (boot) => {
      const account = await status(boot);
      t.is(account.rung, 'tmpfs', boot.console);
      t.regex(boot.console, /fsck\.f2fs -a \/dev\/vdb: exit code \d+/);
      t.regex(account.reasons[0] ?? '', /\/dev\/vdb was left as it is; ask overlay_helper storage$/);
      await boot.cut();
    });
    await file.write(superblocks, 0, superblocks.length, 0);
    await file.close();
    await withBoot(t, board, storage, async (boot) => {
      t.is(await output(boot, 'cat /etc/hostname'), 'mine', 'it was left as it is');
    });
  },
);
