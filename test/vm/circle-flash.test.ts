/**
 * The full circle on flash: a squashfs root in one of two MTD partitions, JFFS2 that nobody has ever written to, U-Boot, dropbear. It
 * begins with a firmware that knows nothing of overlaykit. What each command did is looked at on the board, with the board's own programs.
 */
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';
import { programFiles } from '../../src/lab/roots/program.ts';
import { file } from '../../src/lab/roots/root-file.ts';
import { requireTool } from '../../src/system/tools.ts';
import { prepareBoard } from '../../src/toolchain/prepare-board.ts';
import { looksAtBareBoard, mounts } from '../support/bare-board.ts';
import { boardCommands } from '../support/board-commands.ts';
import { changedBoard, storageImage, textFile, work } from '../support/shipped-boards.ts';
import {
  bareRoot,
  bootOf,
  builtBundle,
  digest,
  eraseBlockBytes,
  makeSlots,
  slotBytes,
  slots,
  vmSlots,
} from '../support/slots.ts';
import { RebootingBoard, sshKeys } from '../support/ssh-board.ts';
import { ubootEnvironment } from '../support/uboot-environment.ts';
import { UbootLoader } from '../support/uboot-loader.ts';

const firstLine = 'root=/dev/mtdblock1 rootfstype=squashfs';

vmSlots('flash: the full circle on squashfs and JFFS2', async (t) => {
  t.timeout(540_000);
  const keys = await sshKeys();
  const text = await changedBoard('lab-jffs2', ['name: lab-jffs2', 'name: circle']);
  const path = await textFile(`${text}\nboot_loader: { type: u-boot, file: /etc/fw_env.config }\n`);
  const firmware = [
    ...(await ubootEnvironment('/dev/vdb')),
    ...(await programFiles(requireTool('flashcp'), '/usr/sbin/flashcp')),
    ...keys.rootFiles,
  ];
  const bare = await bareRoot(firmware);
  const folder = await mkdtemp(join(work, 'circle-'));
  const [flash, env] = [join(folder, 'flash'), join(folder, 'env')];
  await makeSlots(flash, bare);
  const loader = await UbootLoader.make(env, { bootargs: firstLine, bootcmd: 'run load' });
  const board = await RebootingBoard.start(
    {
      board: unwrap(await prepareBoard(path)).checked.board,
      rootImage: bare,
      machine: 'qemu',
      storageImage: await storageImage(),
      disks: [env],
      flashSlots: { image: flash, eraseBlockBytes, slots },
    },
    async () => bootOf(await loader.boot()),
  );
  try {
    const commands = await boardCommands(t, board, keys);
    const { ask, succeed, document, ssh } = commands;
    await looksAtBareBoard(t, commands, path, 'fw_printenv');
    const { facts } = (await document('probe')) as {
      facts: { storage: { mtd: { value: { name: string }[] } } };
    };
    t.deepEqual(
      facts.storage.mtd.value.map(({ name }) => name),
      ['storage', ...slots.map(({ name }) => name)],
    );

    const image = await bareRoot([...firmware, file('/etc/issue', 'the new firmware\n')]);
    const deploy = ['deploy', await builtBundle(path), '--image', image, '--slot', 'mtd:rootfs2'];
    const first = await digest(flash, 0, slotBytes);
    const whole = await digest(flash);
    t.like(await document(...deploy, '--dry-run'), { changed: true, dryRun: true });
    t.is(await digest(flash), whole);
    t.like(await document(...deploy, '--yes'), { outcome: 'confirmed', changed: true });
    t.is(board.boots.length, 2);
    t.deepEqual(await mounts(commands), {
      '/': 'overlay /overlay/generations/1/upper',
      '/rom': 'squashfs /dev/mtdblock2',
      '/overlay': 'jffs2 mtd0',
    });
    t.is(await ssh('cat /etc/issue'), 'the new firmware');
    const told = await loader.variables();
    t.is(told.get('bootargs'), 'root=/dev/mtdblock2 rootfstype=squashfs init=/sbin/overlay_init');
    t.is(told.get('overlaykit_bootargs'), firstLine);
    t.is(await digest(flash, 0, slotBytes), first, 'the firmware of before is as it was');

    t.like(await document('status'), { status: { rung: 'persistent', booted: 1 }, troubles: [] });
    t.like(await document('confirm'), { changed: false });
    t.like(await document(...deploy, '--yes'), { outcome: 'confirmed', changed: false });

    await ssh('echo mine >/etc/mine; echo other >/etc/hostname; rm /etc/issue; mkdir /srv; sync');
    const upper = '/overlay/generations/1/upper';
    t.is(
      await ssh(`cat ${upper}/etc/mine /rom/etc/hostname /rom/etc/issue`),
      'mine\nfactory\nthe new firmware',
    );
    const names = (await ask('diff', '--name-only')).stdout;
    for (const one of ['/etc/mine', '/etc/hostname', '/etc/issue', '/srv'])
      t.true(names.split('\n').includes(one), one);
    t.regex((await ask('diff')).stdout, /^D {2}file .* {2}\/etc\/issue$/m);
    t.regex(await succeed('usage'), /^rung persistent: .*, 1 whiteouts$/m);
    t.regex(await succeed('log'), /^boot \d+: rung persistent, generation 1, \d+ steps in /m);
    t.is(await succeed('shell', '--', 'cat', '/etc/mine'), 'mine\n');
    const tar = join(folder, 'upper.tar');
    await succeed('pull', '-o', tar);
    const { stdout: listed } = await execa('tar', ['-tf', tar]);
    const inUpper = await ssh(
      `cd ${upper} && find . -mindepth 1 -type d -exec echo {}/ \\; -o -print | sort`,
    );
    t.deepEqual(
      listed
        .split('\n')
        .map((name) => name.replace(/^\.?\/?/, './'))
        .filter((name) => name !== './')
        .toSorted(),
      inUpper
        .split('\n')
        .filter((name) => name !== './')
        .toSorted(),
    );
    t.true((await readFile(tar)).includes('mine\n'));
    t.regex(await succeed('commit', '/etc/mine'), /kept|keeps/);

    await succeed('snapshot', '--name', 'both');
    t.is(await ssh('cat /overlay/generations/2/upper/etc/mine /overlay/generations/2/name'), 'mine\nboth');
    await ssh('echo later >/etc/mine; sync');
    const kept = await ask('diff', '--generation', 'both', '--name-only');
    t.is(kept.stdout, names, kept.stderr);
    t.like(await document('reset', '/etc/hostname', '--yes'), { changed: true });
    t.like(await document('reset', '/etc/hostname', '--yes'), { changed: false });
    t.is(await ssh('cat /etc/hostname'), 'other', 'until the next boot');
    await succeed('restart', '--yes');
    t.is(board.boots.length, 3);
    t.is(await ssh('cat /etc/hostname /etc/mine; [ -d /srv ] && [ ! -e /etc/issue ]'), 'factory\nlater');
    t.is(await ssh(`ls -A ${upper}/etc | grep -c '^hostname$' || [ $? -eq 1 ]`), '0');

    await succeed('rollback', '--to', 'both', '--yes');
    await succeed('restart', '--yes');
    t.is((await mounts(commands))['/'], 'overlay /overlay/generations/2/upper');
    t.is(await ssh('cat /etc/hostname /etc/mine'), 'other\nmine');
    t.like(await document('confirm'), { ok: true });

    const app = join(folder, 'app');
    await mkdir(app);
    for (const version of ['one', 'two']) {
      await writeFile(join(app, 'version'), `${version}\n`);
      t.regex(await succeed('push', app, '--to', '/srv/app', '--yes'), /: 1 of 1 files were sent/);
    }
    await board.powerCycle();
    t.is(await ssh('cat /srv/app/version /srv/app.ovl-previous/version'), 'two\none', 'it is durable');
    t.like(await document('push', app, '--to', '/srv/app', '--yes'), { changed: false });
    const base = await ask('push', app, '--to', '/etc', '--yes');
    t.is(base.exitCode, 6, base.stderr);
    t.regex(base.stderr, /OVL665/);

    t.like(await document('reset', '--yes'), { changed: true });
    t.like(await document('reset', '--yes'), { changed: false });
    await succeed('restart', '--yes');
    t.is(
      await ssh('cat /etc/hostname /etc/issue; [ ! -e /etc/mine ] && [ ! -e /srv ]'),
      'factory\nthe new firmware',
    );
    t.deepEqual(await mounts(commands), {
      '/': 'overlay /overlay/generations/3/upper',
      '/rom': 'squashfs /dev/mtdblock2',
      '/overlay': 'jffs2 mtd0',
    });
    t.is((await ask('diff')).exitCode, 0, 'there are no changes any more');
  } catch (error) {
    for (const [at, boot] of board.boots.entries()) t.log(`boot ${at}\n${boot.console}`);
    throw error;
  } finally {
    await board.stop();
  }
});
