/** The main job, end to end: a board file becomes a booted, writable root. QEMU with Debian's own kernel. */
import { access } from 'node:fs/promises';
import {
  boardFile,
  equalsSimulation,
  output,
  ready,
  status,
  storageImage,
  vm,
  withBoot,
} from '../support/shipped-boards.ts';

/** What the lab's initramfs leaves mounted. */
const given = [{ target: '/dev', fstype: 'devtmpfs' }];
/** What the lab's own root mounts after init has started. */
const labs = ['/sys', '/tmp', '/dev/pts', '/dev/shm'];

vm('squashfs and JFFS2: written, kept over a power cut, and back to factory state', async (t) => {
  t.timeout(300_000);
  const board = await ready(boardFile('lab-jffs2'));
  const storage = await storageImage();
  const request = { machine: 'qemu', storageImage: storage } as const;

  await withBoot(t, board, request, async (boot) => {
    t.is(await output(boot, 'readlink /proc/1/exe; tr "\\0" " " </proc/1/cmdline'), '/bin/busybox\ninit');
    t.is(
      await output(boot, 'cat /etc/hostname; touch /rom/x 2>/dev/null || echo /rom is read-only'),
      'factory\n/rom is read-only',
    );
    t.like(await status(boot), {
      board: 'lab-jffs2',
      rung: 'persistent',
      reset: '',
      reasons: [],
      plan: board.prepared.planDigest,
    });
    equalsSimulation(t, board.prepared.plan, 'persistent', await boot.mountTable(), given, labs);
    await output(
      boot,
      'echo mine >/etc/hostname && rm /etc/issue && mkdir -p /root/.ssh && echo key >/root/.ssh/id && sync',
    );
    t.deepEqual(await boot.cut(), { kind: 'cut' });
  });
  await access(storage);

  await withBoot(t, board, request, async (boot) => {
    t.is(
      await output(boot, 'cat /etc/hostname /root/.ssh/id; ls /etc/issue 2>/dev/null || echo deleted'),
      'mine\nkey\ndeleted',
    );
    t.is(await output(boot, 'cat /rom/etc/hostname; ls /rom/etc/issue'), 'factory\n/rom/etc/issue');
    await output(boot, 'mkdir -p /overlay/overlaykit && touch /overlay/overlaykit/reset && sync');
    t.deepEqual(await boot.poweroff(), { kind: 'off' });
  });

  await withBoot(t, board, request, async (boot) => {
    t.is(
      await output(boot, 'cat /etc/hostname; ls -A1 /root /overlay/generations/2/upper; ls /etc/issue'),
      'factory\n/overlay/generations/2/upper:\n\n/root:\n/etc/issue',
    );
    t.is((await status(boot)).reset, '/overlay/overlaykit/reset');
    t.regex(
      await output(boot, 'ls -A1 /overlay /overlay/overlaykit'),
      /^\/overlay:\ngenerations\noverlaykit\n\n\/overlay\/overlaykit:\nboots\nreserve\nstate\.a\nstate\.b$/,
    );
    await output(boot, 'echo again >/etc/hostname && sync');
  });

  await withBoot(t, board, { ...request, cmdline: ['overlaykit=reset', 'quiet'] }, async (boot) => {
    t.is(await output(boot, 'cat /etc/hostname'), 'factory');
    t.is((await status(boot)).reset, 'overlaykit=reset on the kernel command line');
  });
});

vm('squashfs and tmpfs: written, and forgotten at power off', async (t) => {
  t.timeout(200_000);
  const board = await ready(boardFile('lab-tmpfs'));
  for (const first of [true, false]) {
    await withBoot(t, board, { machine: 'qemu' }, async (boot) => {
      t.is(await output(boot, 'cat /etc/hostname'), 'factory', first ? 'first boot' : 'second boot');
      t.like(await status(boot), { rung: 'tmpfs', reasons: [] });
      if (first) equalsSimulation(t, board.prepared.plan, 'tmpfs', await boot.mountTable(), given, labs);
      await output(boot, 'echo mine >/etc/hostname && sync && cat /etc/hostname');
      t.deepEqual(await boot.poweroff(), { kind: 'off' });
    });
  }
});

vm('squashfs and ext4, entered by the applets alone: kept over a power cut', async (t) => {
  t.timeout(200_000);
  const board = await ready(boardFile('lab-ext4'), { withoutHelper: true });
  const request = { machine: 'qemu', storageImage: await storageImage() } as const;
  await withBoot(t, board, request, async (boot) => {
    equalsSimulation(t, board.prepared.plan, 'persistent', await boot.mountTable(), given, labs);
    await output(boot, 'echo mine >/etc/hostname && sync');
  });
  await withBoot(t, board, request, async (boot) => t.is(await output(boot, 'cat /etc/hostname'), 'mine'));
});
