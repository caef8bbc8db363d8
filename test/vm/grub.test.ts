/**
 * Debian's GRUB on a virtual board that boots by it alone: SeaBIOS, GRUB's own sectors, grub.cfg as update-grub made it on the board. A
 * deployment that comes up badly is taken back through it, and one that is good stays.
 */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';
import { prepareBoard } from '../../src/toolchain/prepare-board.ts';
import { boardCommands } from '../support/board-commands.ts';
import { grubFiles, grubLoader } from '../support/grub.ts';
import { LoaderDisk } from '../support/loader-disk.ts';
import { testWith } from '../support/needs.ts';
import { textFile, vmTools, work } from '../support/shipped-boards.ts';
import { builtBundle } from '../support/slots.ts';
import { RebootingBoard, sshKeys } from '../support/ssh-board.ts';
import { writableBoardText } from '../support/writable-board.ts';

const vmGrub = testWith(...vmTools, 'mkfs.ext4', 'debugfs', 'tar', 'libdevmapper.so.1.02.1', 'dropbear');

const storage = { type: 'ext4', find: { path: '/dev/vdb' }, size: '16MiB' };
const wrong = { type: 'ext4', find: { path: '/dev/vdz' }, wait: '0s' };
const boardOf = (more: object): Promise<string> =>
  textFile(writableBoardText({ storage, helper: {}, boot_loader: { type: 'grub-d' }, ...more }));

vmGrub('GRUB: update-grub on the board, a deployment taken back, and one that stays', async (t) => {
  t.timeout(540_000);
  const keys = await sshKeys();
  const path = await boardOf({});
  const [bad, good] = [await builtBundle(await boardOf({ storage: wrong })), await builtBundle(path)];
  const folder = await mkdtemp(join(work, 'grub-'));
  const { board: made } = unwrap(await prepareBoard(path)).checked;
  const disk = await LoaderDisk.make(folder, made, await grubLoader(), async (words, { version }) => [
    ...keys.rootFiles,
    ...(await grubFiles(words, version)),
  ]);
  const board = await RebootingBoard.startBy((forwards) => disk.boot(forwards));
  try {
    const { ask, document, ssh } = await boardCommands(t, board, keys);
    // As an installer does.
    await ssh('mount -o remount,rw / && update-grub && sync && mount -o remount,ro /');
    const before = await disk.read('/boot/grub/grub.cfg');
    t.regex(before, /^### BEGIN \/etc\/grub\.d\/10_linux ###$/m);
    t.regex(before, /^\tlinux\t\/boot\/vmlinuz-\S+ root=\/dev\/vda1 ro /m);

    const refused = await ask('deploy', bad, '--yes');
    t.is(refused.exitCode, 7, refused.stderr);
    t.regex(refused.stderr, /OVL702\]/);
    t.is(board.boots.length, 3, 'once with the bad release, and once without it');
    t.notRegex(await ssh('cat /proc/cmdline'), /init=/);
    t.is(await disk.read('/boot/grub/grub.cfg'), before, 'grub.cfg is as it was');

    t.like(await document('deploy', good, '--yes'), { outcome: 'confirmed', changed: true });
    t.is(board.boots.length, 4);
    t.regex(await ssh('cat /proc/cmdline'), /^BOOT_IMAGE=\/boot\/vmlinuz-\S+ .* init=\/sbin\/overlay_init$/);
    t.regex(
      await ssh('cat /proc/mounts'),
      /^overlay \/ overlay rw,.*upperdir=\/overlay\/generations\/1\/upper/m,
    );
    const after = await disk.read('/boot/grub/grub.cfg');
    t.is(after.replaceAll(' init=/sbin/overlay_init', ''), before);
    t.is(
      await ssh('ls /rom/boot/grub; grep -c " /rom/" /proc/mounts || [ $? -eq 1 ]'),
      'grub.cfg\ni386-pc\n0',
    );
    t.like(await document('deploy', good, '--yes'), { outcome: 'nothing', changed: false });
  } catch (error) {
    for (const [at, one] of board.boots.entries()) t.log(`boot ${at}\n${one.console}`);
    throw error;
  } finally {
    await board.stop();
  }
});
