/**
 * Debian's extlinux on a virtual board that boots by it alone, and Debian's U-Boot on the same disk: both read the extlinux.conf that a
 * deployment has written.
 */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';
import { prepareBoard } from '../../src/toolchain/prepare-board.ts';
import { boardCommands } from '../support/board-commands.ts';
import { extlinuxConf, extlinuxFiles, extlinuxLoader } from '../support/extlinux.ts';
import { LoaderDisk, packageTree } from '../support/loader-disk.ts';
import { testWith } from '../support/needs.ts';
import { textFile, vmTools, work } from '../support/shipped-boards.ts';
import { builtBundle } from '../support/slots.ts';
import { RebootingBoard, sshKeys } from '../support/ssh-board.ts';
import { writableBoardText } from '../support/writable-board.ts';

const vmExtlinux = testWith(...vmTools, 'mkfs.ext4', 'debugfs', 'tar', 'unshare', 'dropbear');

vmExtlinux('extlinux, and then U-Boot, boot what a deployment has told them', async (t) => {
  t.timeout(540_000);
  const keys = await sshKeys();
  const storage = { type: 'ext4', find: { path: '/dev/vdb' }, size: '16MiB' };
  const path = await textFile(writableBoardText({ storage, helper: {} }));
  const bundle = await builtBundle(path);
  const folder = await mkdtemp(join(work, 'extlinux-'));
  const { board: made } = unwrap(await prepareBoard(path)).checked;
  const disk = await LoaderDisk.make(folder, made, await extlinuxLoader(), async (words, { version }) => [
    ...keys.rootFiles,
    ...extlinuxFiles(words, version),
  ]);
  const board = await RebootingBoard.startBy((forwards) => disk.boot(forwards));
  try {
    const { document, ssh } = await boardCommands(t, board, keys);
    const before = await disk.read(extlinuxConf);
    t.notRegex(await ssh('cat /proc/cmdline'), /init=/);
    t.like(await document('deploy', bundle, '--yes'), { outcome: 'confirmed', changed: true });
    t.is(board.boots.length, 2);
    t.regex(await ssh('cat /proc/cmdline'), / init=\/sbin\/overlay_init/);
    t.regex(
      await ssh('cat /proc/mounts'),
      /^overlay \/ overlay rw,.*upperdir=\/overlay\/generations\/1\/upper/m,
    );
    const line = /^ {2}append (.*)$/m.exec(before)?.[0] ?? '';
    t.is(
      await disk.read(extlinuxConf),
      before.replace(line, `  # overlaykit, before:${line}\n${line} init=/sbin/overlay_init`),
    );

    await board.stop();
    t.regex(await uBootSays(disk), / init=\/sbin\/overlay_init$/);
  } catch (error) {
    for (const [at, one] of board.boots.entries()) t.log(`boot ${at}\n${one.console}`);
    throw error;
  } finally {
    await board.stop();
  }
});

/**
 * The kernel's command line as U-Boot makes it of the same disk. It goes no further than the kernel's own start: U-Boot 2023.01 hands no initrd
 * on to a kernel for a PC.
 */
async function uBootSays(disk: LoaderDisk): Promise<string> {
  const rom = join(await packageTree('u-boot-qemu', ['u-boot-qemu']), 'usr/lib/u-boot/qemu-x86/u-boot.rom');
  const boot = await disk.boot([], ['-bios', rom]);
  try {
    const [, words = ''] = await boot.waitFor(/^Kernel command line: "(.*)"$/m);
    return words;
  } finally {
    await boot.cut();
  }
}
