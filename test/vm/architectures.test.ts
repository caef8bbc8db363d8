/**
 * Boards with other processors, on Debian's own kernels for them: the same list for all. What is native there is all of it:
 * kernel, busybox, overlay_init's shell, the helper.
 */
import { readFile, stat, writeFile } from 'node:fs/promises';
import type { ExecutionContext } from 'ava';
import { emulated, rowOf } from '../../src/lab/hardware.ts';
import type { Boot } from '../../src/lab/index.ts';
import type { Architecture } from '../../src/toolchain/targets.ts';
import { testWith } from '../support/needs.ts';
import {
  boardFile,
  equalsSimulation,
  output,
  type Ready,
  ready,
  status,
  storageImage,
  withBoot,
} from '../support/shipped-boards.ts';

/** The board file of each, and what its kernel calls the processor. x86_64 has boards of its own in all other tests here. */
const boards: { readonly [A in Architecture]?: readonly [board: string, machine: RegExp] } = {
  i386: ['lab-i386-jffs2', /^i686$/],
  aarch64: ['lab-aarch64-ext4', /^aarch64$/],
  armhf: ['lab-armhf-ext4', /^armv7l$/],
  armel: ['lab-armel-ext4', /^armv7l$/],
  mipsel: ['lab-mipsel-jffs2', /^mips$/],
};

/** What the lab's initramfs leaves mounted, and what the lab's own root mounts after init has started. */
const given = [{ target: '/dev', fstype: 'devtmpfs' }];
const labs = ['/sys', '/tmp', '/dev/pts', '/dev/shm'];

/** The helper itself went from the script into the merged root; where it cannot run, the applets do that, and it says nothing. */
async function enteredByHelper(t: ExecutionContext, boot: Boot, rung: string): Promise<void> {
  t.is((await status(boot)).rung, rung, boot.console);
  t.regex(
    await output(boot, 'dmesg'),
    new RegExp(
      `overlay_helper: (enter|boot): rung ${rung}: the root is overlay, (overlay_init )?execut(ing|es) /sbin/init`,
    ),
  );
  t.regex((await boot.run('/sbin/overlay_helper status')).output, new RegExp(`^rung: ${rung}$`, 'm'));
}

for (const arch of emulated.filter((one) => one !== 'x86_64')) {
  const vm = testWith(
    ...([rowOf(arch).qemu, 'setpriv', 'sqfstar', 'busybox', 'depmod', 'dpkg-deb', 'apt-get', 'xz'] as const),
  );
  vm(`${arch}: boots, writes, keeps it over a power cut, resets, and falls back`, async (t) => {
    t.timeout(400_000);
    const [name, machine] = boards[arch] ?? ['no board file', /^$/];
    const board = await ready(boardFile(name));
    const image = await storageImage();
    const timed = stopwatch(t, arch);
    await timed('first boot', () => bootsAndWrites(t, board, image, machine));
    await timed('power cycle', () => hasWhatWasWritten(t, board, image));
    await timed('reset', () => isAsFromTheFactory(t, board, image));
    await timed('broken storage', () => fallsBack(t, board, image));
  });
}

async function bootsAndWrites(t: ExecutionContext, board: Ready, image: string, machine: RegExp) {
  await withBoot(t, board, { machine: 'qemu', storageImage: image }, async (boot) => {
    t.regex(await output(boot, 'uname -m'), machine);
    t.is(await output(boot, 'readlink /proc/1/exe; cat /etc/hostname'), '/bin/busybox\nfactory');
    await enteredByHelper(t, boot, 'persistent');
    t.like(await status(boot), { reasons: [], notes: [], plan: board.prepared.planDigest });
    equalsSimulation(t, board.prepared.plan, 'persistent', await boot.mountTable(), given, labs);
    await output(boot, 'echo mine >/etc/hostname && rm /etc/issue && sync');
    t.deepEqual(await boot.cut(), { kind: 'cut' });
  });
}

async function hasWhatWasWritten(t: ExecutionContext, board: Ready, image: string) {
  await withBoot(t, board, { machine: 'qemu', storageImage: image }, async (boot) => {
    t.is(
      await output(boot, 'cat /etc/hostname /rom/etc/hostname; ls /etc/issue 2>/dev/null || echo deleted'),
      'mine\nfactory\ndeleted',
    );
    await enteredByHelper(t, boot, 'persistent');
    await output(boot, 'echo kept >/etc/motd && /sbin/overlay_helper reset');
    t.deepEqual(await boot.poweroff(), { kind: 'off' });
  });
}

async function isAsFromTheFactory(t: ExecutionContext, board: Ready, image: string) {
  await withBoot(t, board, { machine: 'qemu', storageImage: image }, async (boot) => {
    t.is(
      await output(boot, 'cat /etc/hostname; ls /etc/issue; ls /etc/motd 2>/dev/null || echo gone'),
      'factory\n/etc/issue\ngone',
    );
    await enteredByHelper(t, boot, 'persistent');
    t.like(await status(boot), { generation: '2', reset: '/overlay/overlaykit/reset' });
  });
}

async function fallsBack(t: ExecutionContext, board: Ready, image: string) {
  const noise = Buffer.alloc((await stat(image)).size, 'noise that is no file system, ');
  await writeFile(image, noise);
  await withBoot(t, board, { machine: 'qemu', storageImage: image }, async (boot) => {
    await enteredByHelper(t, boot, 'tmpfs');
    t.regex((await status(boot)).reasons.join('\n'), /^persistent: step \d+, /);
    t.is(await output(boot, 'echo mine >/etc/hostname; cat /etc/hostname'), 'mine');
  });
  t.true(noise.equals(await readFile(image)), 'not a byte of the storage was changed');
}

/** Logs how long each part took. */
function stopwatch(t: ExecutionContext, arch: string) {
  return async (what: string, act: () => Promise<void>): Promise<void> => {
    const started = Date.now();
    await act();
    t.log(`${arch}: ${what} ${((Date.now() - started) / 1000).toFixed(1)} s`);
  };
}
