/** Root images written to a disk that a board does not run from, over SSH, on a virtual board that keeps its changes in memory. */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { directory, file } from '../../src/lab/roots/root-file.ts';
import { boardCommands } from '../support/board-commands.ts';
import { changedBoard, ready, textFile, work } from '../support/shipped-boards.ts';
import {
  bareRoot,
  builtBundle,
  ext4Disk,
  extlinuxBoot,
  refusedAs,
  rootOf,
  slotBytes,
  vmSlots,
} from '../support/slots.ts';
import { RebootingBoard, sshKeys } from '../support/ssh-board.ts';
import { fileInImage } from '../support/writable-board.ts';

vmSlots('disks: a board with its changes in memory, two slots and extlinux.conf', async (t) => {
  t.timeout(540_000);
  const keys = await sshKeys();
  const text = await changedBoard(
    'lab-tmpfs',
    ['name: lab-tmpfs', 'name: slots'],
    ['squashfs, overlay]', 'squashfs, overlay, ext4]'],
  );
  const path = await textFile(`${text}\nboot_loader: { type: extlinux, file: /boot/extlinux.conf }\n`);
  const mountBoot = '#!/bin/sh\n[ "$1" != start ] || mount -t ext4 -o rw /dev/vdc /boot\n';
  const own = [...keys.rootFiles, directory('/boot'), file('/etc/init.d/S40boot', mountBoot, 0o755)];
  const { prepared, image } = await ready(path, { root: { files: own } });
  const folder = await mkdtemp(join(work, 'slots-'));
  const [other, boot] = [join(folder, 'other'), join(folder, 'boot')];
  await writeFile(other, Buffer.alloc(slotBytes, 0x55));
  const append = 'append root=/dev/vda rootfstype=squashfs init=/sbin/overlay_init';
  await ext4Disk(boot, { 'extlinux.conf': `label lab\n  linux /vmlinuz\n  ${append}\n` });
  const first = join(folder, 'first');
  await writeFile(first, Buffer.concat([await readFile(image)], slotBytes));
  const board = await RebootingBoard.start(
    {
      board: prepared.checked.board,
      rootImage: first,
      rootWritable: true,
      machine: 'qemu',
      disks: [other, boot],
    },
    () => extlinuxBoot(boot),
  );
  try {
    const commands = await boardCommands(t, board, keys);
    const { ask, document, ssh } = commands;
    const second = [
      await builtBundle(path),
      '--image',
      await bareRoot([...own, file('/etc/issue', 'the second firmware\n')]),
      '--yes',
    ];
    await refusedAs(t, commands, second, [
      ['/dev/vdc', 'OVL658'],
      ['/dev/vdz', 'OVL657'],
    ]);
    const done = await document('deploy', ...second, '--slot', '/dev/vdb', '--no-reboot');
    t.like(done, { outcome: 'waiting' });
    t.is(await rootOf(commands), '/dev/vda');
    await board.powerCycle();
    t.is(await rootOf(commands), '/dev/vdb');
    t.like(await document('deploy', ...second, '--slot', '/dev/vdb', '--no-reboot'), {
      outcome: 'confirmed',
      // There is no storage on which that could be noted.
      changed: false,
    });
    t.is(await ssh('cat /etc/issue'), 'the second firmware');
    t.regex(await fileInImage(boot, '/extlinux.conf'), new RegExp(`# overlaykit, before: {2}${append}\\n`));

    const lost = { storage: { type: 'ext4', find: { path: '/dev/vdy' }, wait: '0s' } };
    const wrong = await builtBundle(await textFile(await withStorage(path, lost.storage)));
    const bad = await ask('deploy', wrong, ...second.slice(1), '--slot', '/dev/vda');
    t.is(bad.exitCode, 7, bad.stderr);
    t.regex(bad.stderr, /OVL702\][\s\S]*on the rung tmpfs, not persistent/);
    t.is(await rootOf(commands), '/dev/vdb', 'extlinux.conf has its old line again');
    t.is(await ssh('cat /etc/issue'), 'the second firmware');
  } catch (error) {
    for (const [at, one] of board.boots.entries()) t.log(`boot ${at}\n${one.console}`);
    throw error;
  } finally {
    await board.stop();
  }
});

/** The board file with another storage. */
async function withStorage(path: string, storage: Readonly<Record<string, unknown>>): Promise<string> {
  const text = await readFile(path, 'utf8');
  const changed = text.replace(/^storage:\n {2}type: tmpfs\n/m, `storage: ${JSON.stringify(storage)}\n`);
  if (changed === text) throw new Error('the board has no storage to replace');
  return changed;
}
