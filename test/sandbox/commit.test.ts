/** A board that runs in memory, and what it commits: there at the next boot from the storage, and nothing else. */
import { writeFile } from 'node:fs/promises';
import { sandbox, sandboxGiven, sandboxOwn } from '../support/sandbox-ext4.ts';
import {
  boardFile,
  changedBoard,
  equalsSimulation,
  exists,
  output,
  ready,
  status,
  storageImage,
  textFile,
  withBoot,
} from '../support/shipped-boards.ts';

const readOnly = { exitCode: 1, output: 'touch: /overlay/committed/x: Read-only file system\n' };

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
      t.deepEqual(
        (await boot.mountTable()).filter(({ fstype }) => fstype === 'ext4'),
        [],
        'nothing of it stays mounted',
      );
      t.regex(await output(boot, 'ps'), /sleep 30|overlay_helper watch/, 'somebody watches the memory');
    });
    await withBoot(t, board, storage, async (boot) => {
      t.like(await status(boot), { rung: 'persistent', generation: '2' });
      t.is(await output(boot, 'cat /etc/hostname /etc/stored'), 'kept\nstored');
      t.false(await exists(boot, '/etc/passwd'));
      t.false(await exists(boot, '/etc/lost'));
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

for (const how of ['pivot', 'chroot']) {
  sandbox(
    `${how}: a kiosk boots in memory over what it has committed, and over the base where it has not`,
    async (t) => {
      const text = `${await changedBoard('lab-ext4')}\nenter: { how: ${how} }\ntmpfs: { size: 8MiB }\nladder: [tmpfs, read-only, rescue]\n`;
      const board = await ready(await textFile(text));
      t.deepEqual(
        board.prepared.plan.ladder.map(({ name }) => name),
        ['committed', 'tmpfs', 'read-only', 'rescue'],
      );
      const storage = { machine: 'sandbox', storageImage: await storageImage() } as const;
      await withBoot(t, board, storage, async (boot) => {
        const { rung, reasons } = await status(boot);
        t.is(rung, 'tmpfs');
        t.regex(
          reasons.join(),
          /^committed: step \d+, choose the active generation on \/overlay\/committed: nothing is committed yet; overlay_helper commit makes a beginning$/,
        );
        t.regex(boot.console, /nothing is committed yet; overlay_helper commit makes a beginning/);
        await output(boot, 'echo first >/etc/hostname; rm /etc/passwd; overlay_helper commit /');
      });
      await withBoot(t, board, storage, async (boot) => {
        t.like(await status(boot), { rung: 'committed', generation: '2', reasons: [] });
        equalsSimulation(
          t,
          board.prepared.plan,
          'committed',
          await boot.mountTable(),
          sandboxGiven,
          sandboxOwn,
          2,
        );
        t.is(await output(boot, 'cat /etc/hostname'), 'first');
        t.false(await exists(boot, '/etc/passwd'));
        t.like(await boot.run('touch /overlay/committed/x'), readOnly);
        await output(boot, 'echo lost >/etc/lost; echo second >/etc/second');
        t.is((await boot.run('overlay_helper commit --try /etc/second')).exitCode, 3);
        t.regex(
          await output(boot, 'overlay_helper commit /etc/second'),
          /generation 3, a copy of generation 2/,
        );
        t.like(await boot.run('touch /overlay/committed/x'), readOnly);
        await output(boot, 'echo third >/etc/third; overlay_helper commit /etc/third');
        t.is(await output(boot, 'ls /overlay/committed/generations'), '2\n3\n4', 'the one it runs on stays');
        t.is(await output(boot, 'cat /etc/hostname'), 'first');
      });
      await withBoot(t, board, storage, async (boot) => {
        t.like(await status(boot), { rung: 'committed', generation: '4' });
        t.is(await output(boot, 'cat /etc/hostname /etc/second /etc/third'), 'first\nsecond\nthird');
        t.false(await exists(boot, '/etc/lost'));
        t.false(await exists(boot, '/etc/passwd'));
        t.regex(await output(boot, 'overlay_helper usage'), /^upper of rung committed /);
      });
      await withBoot(t, board, { ...storage, cmdline: ['overlaykit=tmpfs'] }, async (boot) => {
        t.like(await status(boot), { rung: 'tmpfs', reasons: [] });
        t.is(await output(boot, 'cat /etc/hostname'), 'factory');
      });
      const noise = await storageImage();
      await writeFile(noise, Buffer.alloc(16 * 2 ** 20, 'noise'));
      await withBoot(t, board, { ...storage, storageImage: noise }, async (boot) => {
        const { rung, reasons } = await status(boot);
        t.is(rung, 'tmpfs');
        t.regex(reasons.join(), /^committed: step \d+, /);
        t.is(await output(boot, 'cat /etc/hostname'), 'factory');
        t.regex(await output(boot, 'cat /run/overlaykit/login'), /rung tmpfs/);
      });
    },
  );
}
