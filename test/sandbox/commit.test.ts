/** A board that runs in memory, and what it commits: there at the next boot from the storage, and nothing else. */
import { writeFile } from 'node:fs/promises';
import { file } from '../../src/lab/roots/root-file.ts';
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

const first = ['/etc/edited', '/etc/orphan', '/etc/deleted'].map((path) => file(path, 'one\n'));
const second = ['/etc/edited', '/etc/deleted', '/etc/fresh'].map((path) => file(path, 'two\n'));

sandbox(
  'a kiosk that gets another image cleans what it has committed, and the storage stays read-only',
  async (t) => {
    t.timeout(120_000);
    const kiosk = `${await changedBoard('lab-ext4')}\ntmpfs: { size: 8MiB }\nladder: [tmpfs, read-only, rescue]\n`;
    const boards = async (more: string) => {
      const text = await textFile(`${kiosk}${more}`);
      return Promise.all([first, second].map((files) => ready(text, { root: { files } })));
    };
    const [one, two] = await boards('base: { on_change: review }\n');
    if (one === undefined || two === undefined) throw new Error('no boards');
    const storage = { machine: 'sandbox', storageImage: await storageImage() } as const;
    const base =
      'read -r line </etc/overlaykit/base; for one in /overlay/committed/generations/*/base; do read -r its <$one; [ "$its" = "$line" ] || dirname $one; done';
    await withBoot(t, one, storage, async (boot) => {
      t.is((await status(boot)).rung, 'tmpfs', boot.console);
      await output(boot, 'cd /etc; echo mine >edited; rm orphan deleted; overlay_helper commit /etc');
    });
    await withBoot(t, one, storage, async (boot) => {
      t.like(await status(boot), { rung: 'committed', generation: '2', notes: [] }, boot.console);
      t.is(await output(boot, base), '', 'what is committed is noted to fit the image that it was made on');
      t.notRegex(boot.console, /base has changed/);
    });
    await withBoot(t, two, storage, async (boot) => {
      const account = await status(boot);
      t.like(account, { rung: 'committed', generation: '2' }, boot.console);
      t.deepEqual(account.notes, [], 'nothing can be decided on this rung');
      t.regex(boot.console, /the base has changed under generation 2: 2 paths hide something new/);
      t.regex(
        (await boot.run('overlay_helper base')).output,
        /^changed \/etc\/edited$|^unknown \/etc\/edited$/m,
      );
      t.is(await output(boot, `${base} | sed -n '/generations.2/p'`), '', 'it is brought over');
      t.is(await output(boot, 'cat /etc/edited /etc/fresh'), 'mine\ntwo');
      t.false(await exists(boot, '/etc/deleted'));
      t.is(
        await output(boot, 'ls /overlay/committed/generations/2/upper/etc'),
        'deleted\nedited',
        'the whiteout of what the new image lacks is gone',
      );
      t.like(await boot.run('touch /overlay/committed/x'), readOnly);
      equalsSimulation(
        t,
        two.prepared.plan,
        'committed',
        await boot.mountTable(),
        sandboxGiven,
        sandboxOwn,
        2,
      );
    });
    await withBoot(t, two, storage, async (boot) => {
      t.is((await status(boot)).rung, 'committed');
      t.notRegex(boot.console, /the base has changed/, 'once is enough');
    });
    const helperless = await ready(await textFile(kiosk), { root: { files: first }, withoutHelper: true });
    await withBoot(t, helperless, storage, async (boot) => {
      t.like(await status(boot), { rung: 'committed', generation: '2' }, boot.console);
      t.regex(
        (await status(boot)).notes.join(),
        /was made on another base image, and could not be cleaned; it is used/,
      );
      t.is(await output(boot, 'cat /etc/edited'), 'mine');
    });
  },
);
