/**
 * Root images written to the slot that a board does not run from, over SSH, on virtual boards: flash with two slots and a real U-Boot
 * environment, with the power cut while it is written and a new system that never answers; and disks with extlinux.conf.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { busyboxRoot } from '../../src/lab/roots/busybox.ts';
import { programFiles } from '../../src/lab/roots/program.ts';
import { directory, file, type RootFile } from '../../src/lab/roots/root-file.ts';
import { runTool } from '../../src/system/process.ts';
import { requireTool } from '../../src/system/tools.ts';
import { type BoardCommands, boardCommands } from '../support/board-commands.ts';
import { testWith } from '../support/needs.ts';
import { ovl } from '../support/ovl.ts';
import { changedBoard, ready, storageImage, textFile, work } from '../support/shipped-boards.ts';
import { RebootingBoard, sshKeys } from '../support/ssh-board.ts';
import { ubootEnvironment } from '../support/uboot-environment.ts';
import { UbootLoader } from '../support/uboot-loader.ts';
import { fileInImage } from '../support/writable-board.ts';

const vmSlots = testWith(
  ...([
    'qemu-system-x86_64',
    'setpriv',
    'sqfstar',
    'busybox',
    'depmod',
    'dpkg-deb',
    'apt-get',
    'xz',
  ] as const),
  ...(['musl-gcc', 'dropbear', 'fw_printenv', 'fw_setenv', 'flashcp', 'mkfs.ext4', 'debugfs'] as const),
);

const slotBytes = 6 << 20;
const eraseBlockBytes = 64 << 10;

interface Part {
  readonly name: string;
  readonly bytes: number;
}
/** The root's two slots, and a partition that holds no image. */
const slots: readonly Part[] = [
  { name: 'rootfs1', bytes: slotBytes },
  { name: 'rootfs2', bytes: slotBytes },
  { name: 'logo', bytes: eraseBlockBytes },
];

/** Erased flash, with a root in its first slot. */
async function makeSlots(image: string, root: string): Promise<void> {
  const bytes = slots.reduce((sum, slot) => sum + slot.bytes, 0);
  const flash = Buffer.alloc(bytes, 0xff);
  const content = await readFile(root);
  if (content.length > slotBytes) throw new Error(`the root has ${content.length} bytes`);
  content.copy(flash);
  await writeFile(image, flash);
}

async function digest(path: string, from = 0, bytes?: number): Promise<string> {
  const all = await readFile(path);
  return createHash('sha256')
    .update(all.subarray(from, bytes === undefined ? undefined : from + bytes))
    .digest('hex');
}

async function byteAt(path: string, at: number): Promise<number> {
  const handle = await open(path);
  try {
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    return buffer[0] ?? 0;
  } finally {
    await handle.close();
  }
}

/** A root without overlaykit in it, as a build system makes it. */
async function bareRoot(files: readonly RootFile[]): Promise<string> {
  const out = join(await mkdtemp(join(work, 'bare-')), 'root.squashfs');
  const once = [...new Map(files.map((one) => [one.path, one])).values()];
  await busyboxRoot({ type: 'squashfs', out, samples: false, files: once });
  return out;
}

async function builtBundle(file: string): Promise<string> {
  const cwd = await mkdtemp(join(work, 'bundle-'));
  const { exitCode, stderr } = await ovl(['build', file, '-o', 'out'], { cwd });
  if (exitCode !== 0) throw new Error(stderr);
  return join(cwd, 'out', 'bundle.tar');
}

async function refusedAs(
  t: ExecutionContext,
  { ask }: BoardCommands,
  words: readonly string[],
  cases: readonly (readonly [slot: string, code: string])[],
): Promise<void> {
  for (const [slot, code] of cases) {
    const { exitCode, stderr } = await ask('deploy', ...words, '--slot', slot, '--yes');
    t.is(exitCode, 6, `${slot}: ${stderr}`);
    t.regex(stderr, new RegExp(`error\\[${code}\\]`), slot);
  }
}

async function rootOf({ ssh }: BoardCommands): Promise<string> {
  return ssh("sed 's/.*root=\\([^ ]*\\).*/\\1/' /proc/cmdline");
}

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
      t.regex(await ssh('overlay_helper base || true'), /^changed \/etc\/app\.conf$/m);
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

/** What the words that a boot loader gives the kernel mean for the lab. */
function bootOf(words: readonly string[]): {
  readonly rootDevice: string;
  readonly cmdline: readonly string[];
} {
  const root = words.findLast((word) => word.startsWith('root='))?.slice('root='.length) ?? '/dev/vda';
  return { rootDevice: root, cmdline: words.filter((word) => !word.startsWith('init=')) };
}

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
    async () => {
      const line = /^\s*append (.*)$/m.exec(await fileInImage(boot, '/extlinux.conf'))?.[1] ?? '';
      return bootOf(line.split(' '));
    },
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

/** A disk with files in its top directory. */
async function ext4Disk(image: string, files: Readonly<Record<string, string>>): Promise<void> {
  const tree = await mkdtemp(join(work, 'disk-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(tree, name), text);
  await writeFile(image, Buffer.alloc(4 << 20));
  await runTool('mkfs.ext4', ['-q', '-F', '-d', tree, image]);
}
