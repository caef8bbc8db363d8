/**
 * The full circle over a real network, by the real command: a board that knows nothing of overlaykit is looked at, tried, deployed
 * to, used, reset, deployed to again, and loses its power in the middle.
 */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';
import { prepareBoard } from '../../src/toolchain/prepare-board.ts';
import { type BoardCommands, boardCommands } from '../support/board-commands.ts';
import { ovl } from '../support/ovl.ts';
import { storageImage, vm, work } from '../support/shipped-boards.ts';
import { RebootingBoard, sshKeys } from '../support/ssh-board.ts';
import { makeWritableRoot, readLoader, writableBoardText } from '../support/writable-board.ts';

interface Built {
  readonly file: string;
  readonly bundle: string;
}

/** `ovl build` of the same board, with another bound of what is kept in memory each time. */
async function built(size: string): Promise<Built> {
  const folder = await mkdtemp(join(work, 'bundle-'));
  const file = join(folder, 'pole.yaml');
  const storage = { type: 'ext4', find: { path: '/dev/vdb' }, size: '16MiB' };
  await writeFile(file, writableBoardText({ tmpfs: { size }, helper: {}, storage }));
  const { exitCode, stderr } = await ovl(['build', file, '-o', 'out'], { cwd: folder });
  if (exitCode !== 0) throw new Error(stderr);
  return { file, bundle: join(folder, 'out', 'bundle.tar') };
}

interface Running {
  readonly rung: string;
  readonly release: string;
}

async function running({ ssh }: BoardCommands): Promise<Running> {
  return JSON.parse(await ssh('cat /run/overlaykit/status.json'));
}

async function releaseOf(commands: BoardCommands, bundle: string): Promise<string> {
  const { deployment } = (await commands.document('deploy', bundle, '--dry-run')) as {
    deployment: { release: string };
  };
  return deployment.release;
}

vm('probe, doctor, try, deploy, status, snapshot, reset, rollback, log, and power that goes', async (t) => {
  const [keys, first, second, third] = [
    await sshKeys(),
    await built('24MiB'),
    await built('28MiB'),
    await built('32MiB'),
  ];
  const rootImage = join(await mkdtemp(join(work, 'writable-')), 'root.img');
  await makeWritableRoot(rootImage, { root: { files: keys.rootFiles } });
  const words: string[] = [];
  const board = await RebootingBoard.start(
    {
      board: unwrap(await prepareBoard(first.file)).checked.board,
      rootImage,
      rootWritable: true,
      machine: 'qemu',
      storageImage: await storageImage(),
    },
    async () => {
      const { init, words: told } = await readLoader(rootImage);
      return { init, cmdline: [...told.filter((word) => !word.startsWith('init=')), ...words] };
    },
  );
  try {
    const commands = await boardCommands(t, board, keys);
    const { ask, succeed, document, cutAt, ssh } = commands;

    t.like(await document('probe'), { ok: true });
    await succeed('doctor', first.file);
    const before = await ssh('cat /proc/mounts; ls -aR /etc /tmp /run');
    t.regex(await succeed('try', '--', 'sh', '-c', 'rm /etc/issue; echo in >/etc/new; ls /etc'), /new/);
    t.is(await ssh('cat /proc/mounts; ls -aR /etc /tmp /run'), before, 'try leaves nothing');

    // A board without a battery: nothing of a deployment may go by its clock.
    await ssh('date -s @42');
    const one = await releaseOf(commands, first.bundle);
    t.like(await document('deploy', first.bundle, '--yes'), { outcome: 'confirmed', changed: true });
    t.is(board.boots.length, 2);
    t.like(await running(commands), { rung: 'persistent', release: one });
    t.regex(await succeed('status'), /persistent/);
    t.like(await document('deploy', first.bundle, '--yes'), { outcome: 'nothing', changed: false });

    await ssh('echo kept >/etc/kept && echo later >/etc/later && rm /etc/issue');
    t.regex(await succeed('usage'), /etc/);
    const changes = (await ask('diff')).stdout;
    for (const line of [/^A {2}file .* {2}\/etc\/kept$/m, /^D {2}.* {2}\/etc\/issue$/m])
      t.regex(changes, line);
    await succeed('snapshot', '--name', 'with-both');
    t.regex(await succeed('reset', '--dry-run', '/etc/kept'), /goes/);
    await succeed('reset', '/etc/kept', '--yes');
    t.is(await ssh('cat /etc/kept'), 'kept', 'until the next boot');

    const two = await releaseOf(commands, second.bundle);
    t.like(await document('deploy', second.bundle, '--yes'), { outcome: 'confirmed' });
    t.is(board.boots.length, 3);
    t.like(await running(commands), { rung: 'persistent', release: two });
    t.is(await ssh('cat /etc/later && [ ! -e /etc/kept ] && [ ! -e /etc/issue ]'), 'later');
    const kept = await ssh('ls /rom/etc/overlaykit/releases');
    t.deepEqual(kept.split('\n').toSorted(), [one, two].toSorted());
    t.is((await document('log')).ok, true);
    await succeed('rollback', '--to', 'with-both', '--yes');

    const three = await releaseOf(commands, third.bundle);
    const early = await cutAt(/‣ send /, 'deploy', third.bundle, '--yes');
    t.not(early.exitCode, 0);
    t.like(await running(commands), { rung: 'persistent', release: two });
    t.is(await ssh('cat /etc/kept && [ ! -e /etc/issue ]'), 'kept', 'the rollback came with the boot');

    const late = await cutAt(/‣ switch /, 'deploy', third.bundle, '--yes');
    t.not(late.exitCode, 0);
    const { rung, release } = await running(commands);
    t.is(rung, 'persistent');
    t.true([two, three].includes(release), release);
    t.like(await document('deploy', third.bundle, '--yes'), { outcome: 'confirmed' });
    t.like(await running(commands), { rung: 'persistent', release: three });
    t.is(await ssh('cat /etc/kept'), 'kept');
    t.like(await document('deploy', third.bundle, '--yes'), { outcome: 'nothing' });
    const status = await ask('status');
    t.is(status.exitCode, 0, status.stdout);
    t.regex(await succeed('log'), /step \d+ .* mount ext4 on \/overlay/);

    words.push('overlaykit=tmpfs');
    await board.powerCycle();
    t.like(await running(commands), { rung: 'tmpfs' });
    await ssh('echo made in memory >/etc/committed && echo lost >/etc/lost');
    t.regex(await succeed('commit', '/etc/committed', '--dry-run'), /\/etc\/committed/);
    await succeed('commit', '/etc/committed');
    words.length = 0;
    await board.powerCycle();
    t.like(await running(commands), { rung: 'persistent', release: three });
    t.is(await ssh('cat /etc/committed /etc/kept; [ ! -e /etc/lost ]'), 'made in memory\nkept');
  } catch (error) {
    for (const [at, boot] of board.boots.entries()) t.log(`boot ${at}\n${boot.console}`);
    throw error;
  } finally {
    await board.stop();
  }
});
