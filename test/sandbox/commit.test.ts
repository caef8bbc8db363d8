/** A board that runs in memory, and what it commits: there at the next boot from the storage, and nothing else. */
import { testWith } from '../support/needs.ts';
import {
  boardFile,
  changedBoard,
  output,
  ready,
  status,
  storageImage,
  textFile,
  withBoot,
} from '../support/shipped-boards.ts';

const sandbox = testWith(
  ...(['unshare', 'nsenter', 'losetup', 'script', 'mksquashfs', 'sqfstar', 'busybox'] as const),
  ...(['mkfs.ext4', 'musl-gcc'] as const),
);

for (const how of ['pivot', 'chroot']) {
  sandbox(`${how}: what is committed in memory boots next, what is not is gone`, async (t) => {
    const board = await ready(await textFile(`${await changedBoard('lab-ext4')}\nenter: { how: ${how} }\n`));
    const storage = { machine: 'sandbox', storageImage: await storageImage() } as const;
    await withBoot(t, board, storage, async (boot) => {
      await output(boot, 'echo stored >/etc/stored; overlay_helper confirm; sync');
    });
    await withBoot(t, board, { ...storage, cmdline: ['overlaykit=tmpfs'] }, async (boot) => {
      t.like(await status(boot), { rung: 'tmpfs' });
      t.is((await boot.run('cat /etc/stored')).exitCode, 1, 'the storage is not looked at');
      await output(boot, 'echo kept >/etc/hostname; rm /etc/passwd; echo lost >/etc/lost');
      t.regex(await output(boot, 'overlay_helper commit --dry-run /etc'), /they would be active/);
      t.regex(
        await output(boot, 'overlay_helper commit /etc/hostname /etc/passwd'),
        /generation 2, a copy of generation 1 with this, is active from the next boot on/,
      );
      t.is(await output(boot, 'grep -c ext4 /proc/mounts || true'), '0', 'nothing of it stays mounted');
      t.regex(await output(boot, 'ps'), /sleep 30|overlay_helper watch/, 'somebody watches the memory');
    });
    await withBoot(t, board, storage, async (boot) => {
      t.like(await status(boot), { rung: 'persistent', generation: '2' });
      t.is(await output(boot, 'cat /etc/hostname /etc/stored'), 'kept\nstored');
      t.is(await output(boot, 'ls /etc/passwd /etc/lost 2>/dev/null || true'), '');
      t.regex(await output(boot, 'overlay_helper rollback'), /generation 1 is active/);
    });
    await withBoot(t, board, storage, async (boot) => {
      t.is(await output(boot, 'cat /etc/hostname; ls /etc/passwd'), 'factory\n/etc/passwd');
    });
  });
}

sandbox('a board without storage says so', async (t) => {
  const board = await ready(boardFile('lab-tmpfs'));
  await withBoot(t, board, { machine: 'sandbox' }, async (boot) => {
    const { output: text, exitCode } = await boot.run('echo x >/etc/x; overlay_helper commit /etc/x');
    t.is(exitCode, 3);
    t.regex(text, /plan.json names no storage/);
  });
});
