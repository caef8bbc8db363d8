/**
 * Root images written to the slot of the flash that a board does not run from, over SSH, on a virtual board with a real U-Boot
 * environment: the power cut while it is written, a new system that never answers, and U-Boot counting.
 */
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { programFiles } from '../../src/lab/roots/program.ts';
import { file, type RootFile } from '../../src/lab/roots/root-file.ts';
import { requireTool } from '../../src/system/tools.ts';
import { boardCommands } from '../support/board-commands.ts';
import { changedBoard, ready, storageImage, textFile, work } from '../support/shipped-boards.ts';
import {
  bareRoot,
  bootOf,
  builtBundle,
  byteAt,
  digest,
  eraseBlockBytes,
  makeSlots,
  refusedAs,
  rootOf,
  slotBytes,
  slots,
  vmSlots,
} from '../support/slots.ts';
import { RebootingBoard, sshKeys } from '../support/ssh-board.ts';
import { ubootEnvironment } from '../support/uboot-environment.ts';
import { UbootLoader } from '../support/uboot-loader.ts';

vmSlots(
  'flash: two slots, U-Boot, power cuts while one is written, and a system that never answers',
  async (t) => {
    t.timeout(540_000);
    const keys = await sshKeys();
    const text = await changedBoard('lab-jffs2', ['name: lab-jffs2', 'name: slots']);
    const path = await textFile(
      `${text}\nboot_loader: { type: u-boot, file: /etc/fw_env.config }\ngenerations: { attempts: 99 }\n`,
    );
    const programs = [
      ...(await ubootEnvironment('/dev/vdb')),
      ...(await programFiles(requireTool('flashcp'), '/usr/sbin/flashcp')),
    ];
    const own = [
      file('/etc/app.conf', 'factory\n'),
      ...new Map([...programs, ...keys.rootFiles].map((one) => [one.path, one])).values(),
    ];
    const { prepared, image } = await ready(path, { root: { files: own } });
    const folder = await mkdtemp(join(work, 'slots-'));
    const [flash, env] = [join(folder, 'flash'), join(folder, 'env')];
    await makeSlots(flash, image);
    const loader = await UbootLoader.make(env, {
      bootargs: 'root=/dev/mtdblock1 rootfstype=squashfs init=/sbin/overlay_init',
      bootcmd: 'run load',
      bootlimit: '1',
      altbootcmd: 'setenv bootargs $overlaykit_bootargs; run bootcmd',
      upgrade_available: '0',
      bootcount: '0',
    });
    const board = await RebootingBoard.start(
      {
        board: prepared.checked.board,
        rootImage: image,
        machine: 'qemu',
        storageImage: await storageImage(),
        disks: [env],
        flashSlots: { image: flash, eraseBlockBytes, slots },
      },
      async () => bootOf(await loader.boot()),
    );
    try {
      const commands = await boardCommands(t, board, keys);
      const { ask, document, cutAt, cutWhen, ssh } = commands;
      const bundle = await builtBundle(path);
      const firmware = async (...files: readonly RootFile[]): Promise<readonly string[]> => [
        bundle,
        '--image',
        await bareRoot([...own, ...files]),
        '--yes',
      ];
      const second = await firmware(
        file('/etc/issue', 'the second firmware\n'),
        file('/etc/app.conf', 'of the second firmware\n'),
      );
      t.is(await rootOf(commands), '/dev/mtdblock1');

      const before = [await digest(flash), await digest(env)];
      await refusedAs(t, commands, second, [
        ['mtd1:rootfs1', 'OVL658'],
        ['mtd1:rootfs2', 'OVL657'],
        ['mtd:logo', 'OVL657'],
      ]);
      t.deepEqual([await digest(flash), await digest(env)], before, 'nothing was written');

      // Before the first byte, and with a part of the image in the slot: that is erased flash until then.
      for (const isTime of [
        async () => true,
        async () => (await byteAt(flash, slotBytes + 640 * 1024)) !== 0xff,
      ]) {
        const cut = await cutWhen(isTime, /‣ write /, 'deploy', ...second, '--slot', 'mtd2:rootfs2');
        t.not(cut.exitCode, 0, cut.stderr);
        t.is(await rootOf(commands), '/dev/mtdblock1', 'the old system boots');
        t.is(await ssh('cat /etc/issue'), 'overlaykit lab board');
      }
      t.not(await byteAt(flash, slotBytes), 0xff, 'the slot has been written to');
      const untouched = await digest(flash, 0, slotBytes);

      // Edited after what the boot has noted of the base: only the deployment's own look knows what it was made on.
      await ssh('echo mine >/etc/app.conf');
      const done = await document('deploy', ...second, '--slot', 'mtd2:rootfs2');
      t.like(done, {
        outcome: 'confirmed',
        said: ['noted on the storage what the base of now has under each change'],
      });
      t.is(await rootOf(commands), '/dev/mtdblock2');
      t.is(await ssh('cat /etc/issue; cat /etc/app.conf'), 'the second firmware\nmine');
      t.regex(await ssh('overlay_helper base || [ $? -eq 1 ]'), /^changed \/etc\/app\.conf$/m);
      t.is(await digest(flash, 0, slotBytes), untouched, 'the slot that it ran from is as it was');
      const told = await loader.variables();
      t.is(
        told.get('overlaykit_bootargs'),
        'root=/dev/mtdblock1 rootfstype=squashfs init=/sbin/overlay_init',
      );
      t.deepEqual([told.get('upgrade_available'), told.get('bootcount')], ['0', '0'], 'counted no more');

      const third = await firmware(file('/etc/issue', 'the third firmware\n'));
      await cutAt(/‣ tell /, 'deploy', ...third, '--slot', 'mtd:rootfs1');
      const [running, line] = [await rootOf(commands), (await loader.variables()).get('bootargs') ?? ''];
      t.true(line.startsWith(`root=${running} `), `${running}: ${line}`);
      t.like(await document('deploy', ...third, '--slot', 'mtd:rootfs1'), { outcome: 'confirmed' });
      t.is(await ssh('cat /etc/issue'), 'the third firmware');

      const mute = await firmware(file('/etc/init.d/S50dropbear', '#!/bin/sh\n', 0o755));
      const silent = await ask('deploy', ...mute, '--slot', 'mtd:rootfs2', '--wait', '12s');
      t.is(silent.exitCode, 8, silent.stderr);
      t.regex(silent.stderr, /OVL701\][\s\S]*the boot loader goes back once it has counted enough boots/);
      await board.powerCycle();
      t.is(await rootOf(commands), '/dev/mtdblock1', 'U-Boot has counted one boot too many');
      t.is(await ssh('cat /etc/issue'), 'the third firmware');
    } catch (error) {
      for (const [at, boot] of board.boots.entries()) t.log(`boot ${at}\n${boot.console}`);
      throw error;
    } finally {
      await board.stop();
    }
  },
);
