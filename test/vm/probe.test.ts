/** Virtual boards with dropbear: what they tell of themselves, the board file that comes of it, and doctor's verdict. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { Facts } from '../../src/device/facts/facts.ts';
import { knownValue } from '../../src/device/facts/facts.ts';
import { documentOf, ovl } from '../support/ovl.ts';
import { boardFile, ready, storageImage, vm, work } from '../support/shipped-boards.ts';
import { RebootingBoard, sshKeys } from '../support/ssh-board.ts';

interface Reached {
  readonly board: RebootingBoard;
  /** `ovl` with the board's address in OVL_HOST. */
  readonly ask: (...words: readonly string[]) => ReturnType<typeof ovl>;
  readonly folder: string;
}

/** Boots a shipped board whose busybox can make no digests and unpack nothing, and gives the way to it. */
async function withReached(
  t: ExecutionContext,
  name: string,
  storage: { readonly storageImage?: string },
  use: (reached: Reached) => Promise<void>,
): Promise<void> {
  const keys = await sshKeys();
  const root = { files: keys.rootFiles, withoutApplets: ['sha256sum', 'tar'] };
  const { prepared, image } = await ready(boardFile(name), { root });
  const board = await RebootingBoard.start({
    board: prepared.checked.board,
    rootImage: image,
    machine: 'qemu',
    ...storage,
  });
  try {
    const folder = await mkdtemp(join(work, 'reached-'));
    const known = join(folder, 'known_hosts');
    await writeFile(known, `[127.0.0.1]:${board.port} ${keys.hostKey}\n`);
    const config = join(folder, 'config');
    const lines = [`IdentityFile ${keys.identity}`, 'IdentityAgent none', `UserKnownHostsFile ${known}`];
    await writeFile(config, `${[...lines, 'GlobalKnownHostsFile none'].join('\n')}\n`);
    const env = { OVL_HOST: `root@127.0.0.1:${board.port}` };
    await use({
      board,
      folder,
      ask: (...words) => ovl([...words, '--ssh-config', config], { cwd: folder, env }),
    });
  } catch (error) {
    t.log(board.boot.console);
    throw error;
  } finally {
    await board.stop();
  }
}

async function factsOf(t: ExecutionContext, { ask }: Reached, ...words: readonly string[]): Promise<Facts> {
  const ran = await ask('probe', '--json', ...words);
  t.is(ran.exitCode, 0, ran.stderr);
  return (documentOf(t, ran) as unknown as { facts: Facts }).facts;
}

vm('lab-jffs2: probe, a board file out of it, and doctor; renames fail on this JFFS2', async (t) => {
  await withReached(t, 'lab-jffs2', { storageImage: await storageImage() }, async (reached) => {
    const { board, ask, folder } = reached;
    await board.boot.run('date -s @42');
    const before = await board.boot.run('cat /proc/mounts; ls -a /overlay /tmp /run');
    const facts = await factsOf(t, reached, '--scratch', '/overlay');
    t.is((await board.boot.run('cat /proc/mounts; ls -a /overlay /tmp /run')).output, before.output);

    t.like(knownValue(facts.overlaykit.status), { rung: 'persistent', board: 'lab-jffs2' });
    t.is(knownValue(facts.machine.arch), 'x86_64');
    t.true((knownValue(facts.machine.clock)?.seconds ?? Number.POSITIVE_INFINITY) < 3600);
    t.is(knownValue(facts.init)?.system, 'busybox');
    t.regex(knownValue(facts.overlaykit.helper) ?? '', /^overlay_helper /);
    const programs = knownValue(facts.programs.found)?.map(({ name }) => name) ?? [];
    t.true(programs.includes('mount') && !programs.includes('tar') && !programs.includes('sha256sum'));
    const overlay = knownValue(facts.storage.mounts)?.find(({ target }) => target === '/overlay');
    t.is(overlay?.fstype, 'jffs2');
    t.true((overlay?.room?.free ?? 0) > 1024 ** 2);
    const tried = Object.fromEntries(
      (knownValue(facts.scratch) ?? []).map(({ name, works }) => [name, works]),
    );
    t.like(tried, { union: true, 'union-create': true, 'union-rename': false });
    t.like(tried, { whiteout: true, 'trusted-xattr': true, 'd-type': true });
    t.like(tried, { 'rename-whiteout': false, exchange: false, tmpfile: false });
    t.like(tried, { 'upper-tmpfile': false, 'upper-rename-whiteout': false });

    const init = await ask('init', '--from-device', `root@127.0.0.1:${board.port}`, '--name', 'seen');
    t.is(init.exitCode, 0, init.stderr);
    const text = await readFile(join(folder, 'seen.yaml'), 'utf8');
    for (const line of [/mtd: "storage"/, /size: 0x1000000/, /erase_block: 0x10000/, /type: squashfs/])
      t.regex(text, line);
    const check = await ovl(['check', 'seen.yaml'], { cwd: folder });
    t.is(check.exitCode, 0, check.stderr);

    const suits = await ask('doctor', 'seen.yaml');
    t.is(suits.exitCode, 0, suits.stderr);
    t.regex(suits.stdout, / suits seen\.yaml$/m);
    t.regex(suits.stderr, /warning\[OVL612\]: the clock of the board is at 1970-01-01/);
    const shipped = await ask('doctor', boardFile('lab-jffs2'));
    t.is(shipped.exitCode, 0, shipped.stderr);
    await writeFile(join(folder, 'other.yaml'), text.replace('0x1000000', '0x2000000'));
    const differs = await ask('doctor', 'other.yaml');
    t.is(differs.exitCode, 6);
    t.regex(differs.stderr, /OVL608\]: the storage has 16 MiB, not 32 MiB/);
  });
});

vm('lab-tmpfs: a read-only root with a volatile upper, and no flash', async (t) => {
  await withReached(t, 'lab-tmpfs', {}, async (reached) => {
    const facts = await factsOf(t, reached);
    t.like(knownValue(facts.overlaykit.status), { rung: 'tmpfs', board: 'lab-tmpfs' });
    const init = await reached.ask(
      'init',
      '--from-device',
      `root@127.0.0.1:${reached.board.port}`,
      '--name',
      'seen',
    );
    t.is(init.exitCode, 0, init.stderr);
    const text = await readFile(join(reached.folder, 'seen.yaml'), 'utf8');
    t.regex(text, /^ {2}type: tmpfs$/m);
    const check = await ovl(['check', '--strict', 'seen.yaml'], { cwd: reached.folder });
    t.is(check.exitCode, 0, check.stderr);
    const suits = await reached.ask('doctor', 'seen.yaml');
    t.is(suits.exitCode, 0, suits.stderr);
    const flash = await reached.ask('doctor', boardFile('lab-jffs2'));
    t.is(flash.exitCode, 6, 'a board without flash is not one with');
    t.regex(flash.stderr, /OVL607/);
  });
});
