/** The commands on boards that run, against one: JFFS2, dropbear, overlay_helper, and a power cut where a boot has to follow. */
import { lstat, mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Bench } from '../../src/shared/bench.ts';
import type { BenchReport } from '../../src/shared/bench-report.ts';
import { documentOf, ovl } from '../support/ovl.ts';
import { boardFile, ready, storageImage, vm, work } from '../support/shipped-boards.ts';
import { sshAlias } from '../support/ssh-alias.ts';
import { RebootingBoard, sshKeys } from '../support/ssh-board.ts';

vm('a board is looked at, kept, rolled back and reset over SSH', async (t) => {
  const keys = await sshKeys();
  const { prepared, image } = await ready(boardFile('lab-jffs2'), { root: { files: keys.rootFiles } });
  const board = await RebootingBoard.start({
    board: prepared.checked.board,
    rootImage: image,
    machine: 'qemu',
    storageImage: await storageImage(),
  });
  const login = await sshAlias(board.port, keys);
  const on = async (command: string, ...words: readonly string[]) =>
    ovl([command, ...login, 'board', ...words]);
  const ok = async (command: string, ...words: readonly string[]): Promise<string> => {
    const { stdout, stderr, exitCode } = await on(command, ...words);
    t.is(exitCode, 0, `${command} ${words.join(' ')}: ${stdout}${stderr}`);
    return stdout;
  };
  const run = async (command: string): Promise<string> => (await board.boot.run(command)).output;
  try {
    const status = await ok('status');
    t.regex(status, /^rung +persistent$/m);
    t.regex(status, /^storage +jffs2, .* free$/m);
    t.regex(status, /^ +1: active, booted, /m);
    t.regex(await ok('log'), /^boot \d+: rung persistent, generation 1, \d+ steps in /);

    await run('echo mine >/etc/mine; echo other >/etc/hostname; rm /etc/issue; sync');
    t.regex(await ok('usage'), /^rung persistent: .*, 1 whiteouts$/m);
    const diff = await on('diff');
    t.is(diff.exitCode, 1, diff.stderr);
    for (const line of ['A +file +5 B +/etc/mine', 'M +file +6 B +/etc/hostname', 'D +file +/etc/issue'])
      t.regex(diff.stdout, new RegExp(`^${line}$`, 'm'));
    const unpacked = await mkdtemp(join(work, 'pulled-'));
    await ok('pull', '-o', join(unpacked, 'upper.tar'));
    await execa('tar', [
      '--xattrs',
      '--xattrs-include=*',
      '-C',
      unpacked,
      '-xf',
      join(unpacked, 'upper.tar'),
    ]);
    t.is(await readFile(join(unpacked, 'etc/mine'), 'utf8'), 'mine\n');
    const whiteout = await lstat(join(unpacked, 'etc/issue'));
    t.true(whiteout.isCharacterDevice() && whiteout.rdev === 0);

    t.regex(await ok('snapshot', '--name', 'before'), /^generation 2 "before" is a copy of generation 1 /);
    const taken = await on('snapshot', '--name', 'before');
    t.is(taken.exitCode, 6, taken.stderr);
    t.regex(taken.stderr, /OVL622[\s\S]*nothing was changed on it/);

    const forecast = documentOf(t, await on('reset', '--dry-run', '--json'));
    t.like(forecast, { schema: 'ovl.reset/1', ok: true, host: 'board', dryRun: true });
    t.true((forecast.goes as readonly { what: string }[]).some(({ what }) => what === '/etc'));
    await ok('reset', '/etc/hostname', '--yes');
    t.regex(await ok('status'), /^next boot +as this one, and forgets the changes at 1 paths$/m);
    await board.powerCycle();
    t.is(await run('cat /etc/hostname /etc/mine'), 'factory\nmine\n');

    await run('echo later >/etc/mine; sync');
    await ok('confirm');
    await ok('rollback', '--to', 'before', '--yes');
    t.regex(await ok('status'), /^next boot +goes to generation 2$/m);
    await board.powerCycle();
    t.is(await run('cat /etc/hostname /etc/mine'), 'other\nmine\n', 'as it was when it was copied');

    const before = await run('ls -A /overlay /overlay/generations /run/overlaykit; cat /proc/mounts');
    const { bench } = documentOf(t, await on('bench', '--rounds', '2', '--json')) as {
      readonly bench: BenchReport & Bench;
    };
    t.like(bench, { union: 'overlay', storage: 'jffs2', base: 'squashfs', rounds: 2, sync: true });
    t.deepEqual(
      bench.comparisons.filter(({ action }) => action === 'copy-up').map(({ bytes }) => bytes),
      [4096, 65_536],
    );
    t.is(await run('ls -A /overlay /overlay/generations /run/overlaykit; cat /proc/mounts'), before);
    await run(
      '/sbin/overlay_helper bench --rounds 40 >/dev/null 2>&1 & echo $! >/tmp/other; n=0; until [ -e /overlay/overlaykit/bench ] || [ $n -gt 200 ]; do sleep 0.1; n=$((n + 1)); done',
    );
    const busy = await on('bench');
    t.is(busy.exitCode, 6, busy.stderr);
    t.regex(busy.stderr, /OVL622[\s\S]*a snapshot, drop, sweep or bench is running/);
    await run('kill $(cat /tmp/other)');
    const quick = ['--rounds', '1', '--budget', '256KiB'];
    t.regex(await ok('bench', ...quick), /^first write to a file of the base, 4 KiB +[\d,.]+ .*$/m);
    t.regex(await ok('bench', '--svg', ...quick), /^<svg[\s\S]*mini_fo[\s\S]*<\/svg>\n$/);

    const two = await ovl(['status', 'board', 'twin', '--json', ...login]);
    t.is(two.exitCode, 0, two.stderr);
    const lines = two.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    t.deepEqual(
      lines.map(({ schema }) => schema),
      ['ovl.status.board/1', 'ovl.status.board/1', 'ovl.status/1'],
    );
    t.like(lines[2], {
      ok: true,
      boards: [
        { host: 'board', code: 0 },
        { host: 'twin', code: 0 },
      ],
    });

    t.is(await ok('shell', '--', 'cat', '/etc/hostname'), 'other\n');
    await ok('reset', '--yes');
    await board.powerCycle();
    t.is(await run('cat /etc/hostname; ls /etc/mine 2>/dev/null; echo end'), 'factory\nend\n');
    t.regex(await ok('status'), /^rung +persistent$/m);
  } catch (error) {
    t.log(board.boot.console);
    throw error;
  } finally {
    await board.stop();
  }
});
