/**
 * The full circle on a board without storage: a squashfs root on one of two disks, extlinux.conf, all changes in memory, dropbear. It
 * begins with a firmware that knows nothing of overlaykit. What has no place to be kept is refused, and says what there is instead.
 */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';
import { directory, file } from '../../src/lab/roots/root-file.ts';
import { prepareBoard } from '../../src/toolchain/prepare-board.ts';
import { looksAtBareBoard, mounts } from '../support/bare-board.ts';
import { boardCommands } from '../support/board-commands.ts';
import { changedBoard, textFile, work } from '../support/shipped-boards.ts';
import {
  bareRoot,
  builtBundle,
  digest,
  ext4Disk,
  extlinuxBoot,
  slotBytes,
  vmSlots,
} from '../support/slots.ts';
import { RebootingBoard, sshKeys } from '../support/ssh-board.ts';
import { fileInImage } from '../support/writable-board.ts';

const firstLine = 'append root=/dev/vda rootfstype=squashfs';
const inMemory = {
  '/': 'overlay /overlay/upper',
  '/rom': 'squashfs /dev/vdb',
  '/overlay': 'tmpfs tmpfs',
};

vmSlots('tmpfs: the full circle on squashfs and memory', async (t) => {
  t.timeout(540_000);
  const keys = await sshKeys();
  const text = await changedBoard(
    'lab-tmpfs',
    ['name: lab-tmpfs', 'name: circle'],
    ['squashfs, overlay]', 'squashfs, overlay, ext4]'],
  );
  const path = await textFile(`${text}\nboot_loader: { type: extlinux, file: /boot/extlinux.conf }\n`);
  const mountBoot = '#!/bin/sh\n[ "$1" != start ] || mount -t ext4 -o rw /dev/vdc /boot\n';
  const firmware = [...keys.rootFiles, directory('/boot'), file('/etc/init.d/S40boot', mountBoot, 0o755)];
  const bare = await bareRoot(firmware);
  const folder = await mkdtemp(join(work, 'circle-'));
  const [first, other, boot] = [join(folder, 'first'), join(folder, 'other'), join(folder, 'boot')];
  await writeFile(first, Buffer.concat([await readFile(bare)], slotBytes));
  await writeFile(other, Buffer.alloc(slotBytes, 0x55));
  await ext4Disk(boot, { 'extlinux.conf': `label lab\n  linux /vmlinuz\n  ${firstLine}\n` });
  const board = await RebootingBoard.start(
    {
      board: unwrap(await prepareBoard(path)).checked.board,
      rootImage: first,
      rootWritable: true,
      machine: 'qemu',
      disks: [other, boot],
    },
    () => extlinuxBoot(boot),
  );
  try {
    const commands = await boardCommands(t, board, keys);
    const { ask, succeed, document, ssh } = commands;
    await looksAtBareBoard(t, commands, path, 'cat /boot/extlinux.conf');

    const bundle = await builtBundle(path);
    const plain = await ask('deploy', bundle, '--yes');
    t.is(plain.exitCode, 6, plain.stderr);
    t.regex(plain.stderr, /OVL655\]: the root of the board is squashfs[\s\S]*--image ROOT --slot PARTITION/);
    const image = await bareRoot([...firmware, file('/etc/issue', 'the new firmware\n')]);
    const deploy = ['deploy', bundle, '--image', image, '--slot', '/dev/vdb', '--yes'];
    const whole = await digest(first);
    t.like(await document(...deploy), { outcome: 'confirmed', changed: true });
    t.is(board.boots.length, 2);
    t.deepEqual(await mounts(commands), inMemory);
    t.is(await ssh('cat /etc/issue'), 'the new firmware');
    t.is(await digest(first), whole, 'the firmware of before is as it was');
    t.is(
      await fileInImage(boot, '/extlinux.conf'),
      `label lab\n  linux /vmlinuz\n  # overlaykit, before:  ${firstLine}\n  ${firstLine.replace('vda', 'vdb')} init=/sbin/overlay_init`,
    );
    t.like(await document(...deploy), { outcome: 'confirmed', changed: false });

    await ssh('echo mine >/etc/mine; echo other >/etc/hostname; rm /etc/issue; mkdir /srv');
    t.is(
      await ssh('cat /overlay/upper/etc/mine /rom/etc/hostname /rom/etc/issue'),
      'mine\nfactory\nthe new firmware',
    );
    const status = await ask('status', '--json');
    t.is(status.exitCode, 1, 'a board that keeps nothing says so');
    t.like(JSON.parse(status.stdout), {
      ok: false,
      status: { rung: 'tmpfs', booted: null, storage: { volatile: true } },
    });
    t.regex((await ask('diff')).stdout, /^D {2}file .* {2}\/etc\/issue$/m);
    t.regex(await succeed('usage'), /^rung tmpfs: .*, 1 whiteouts$/m);
    t.regex(await succeed('log'), /^boot[^\n]*: rung tmpfs/m);
    t.is(await succeed('shell', '--', 'cat', '/etc/mine'), 'mine\n');
    const tar = join(folder, 'upper.tar');
    await succeed('pull', '-o', tar);
    const { stdout: mine } = await execa('tar', ['-xOf', tar, 'etc/mine']);
    t.is(mine, 'mine');

    const everything = 'cat /proc/mounts; ls -AR /overlay /run/overlaykit; cat /etc/mine';
    const before = await ssh(everything);
    const forgets = /a restart forgets them all/;
    const restart = /to drop all changes: ovl restart \S+/;
    const pull = /to have a copy of the changes here: ovl pull \S+ -o FILE; to drop/;
    for (const [words, code, because, fix] of [
      [['snapshot'], 'OVL628', forgets, pull],
      [['rollback', '--yes'], 'OVL628', forgets, restart],
      [['reset', '--yes'], 'OVL628', forgets, restart],
      [['reset', '/etc/mine', '--yes'], 'OVL628', forgets, restart],
      [['confirm'], 'OVL628', forgets, pull],
      [['commit', '/etc/mine'], 'OVL622', /names no storage/, /ovl status/],
      [['commit', '/etc/mine', '--dry-run'], 'OVL622', /names no storage/, /ovl status/],
      [['deploy', bundle, '--dry-run'], 'OVL655', /squashfs/, /--image/],
    ] as const) {
      const { exitCode, stderr } = await ask(...words);
      t.is(exitCode, 6, words.join(' '));
      t.regex(stderr, /error\[OVL\d+\][\s\S]*fix [\s\S]*nothing was changed on it/, words.join(' '));
      t.true(stderr.includes(`error[${code}]`), stderr);
      t.regex(stderr, because, words.join(' '));
      t.regex(stderr, fix, words.join(' '));
    }
    t.is(await ssh(everything), before);

    await succeed('restart', '--yes');
    t.is(board.boots.length, 3);
    t.deepEqual(await mounts(commands), inMemory);
    t.is(
      await ssh('cat /etc/hostname /etc/issue; [ ! -e /etc/mine ] && [ ! -e /srv ]'),
      'factory\nthe new firmware',
    );
  } catch (error) {
    for (const [at, one] of board.boots.entries()) t.log(`boot ${at}\n${one.console}`);
    throw error;
  } finally {
    await board.stop();
  }
});
