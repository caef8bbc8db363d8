/** The true `init=` path, without an initramfs, on the lab's own kernel: cramfs, JFFS2, and what goes wrong on the way. */
import { bundlePaths } from '../../src/bundle/bundle.ts';
import type { BundleFile } from '../../src/bundle/file.ts';
import { installBundle, readImageFile } from '../../src/image/index.ts';
import type { Boot } from '../../src/lab/index.ts';
import { boardPaths } from '../../src/shared/helper-protocol.ts';
import {
  boardFile,
  equalsSimulation,
  output,
  type Ready,
  ready,
  status,
  storageImage,
  vmOwnKernel,
  withBoot,
} from '../support/shipped-boards.ts';

const given = [{ target: '/dev', fstype: 'devtmpfs' }];
const labs = ['/sys', '/tmp', '/dev/pts', '/dev/shm'];
const machine = 'qemu-own-kernel';

vmOwnKernel('cramfs and JFFS2: kept over a power cut, by pivot_root', async (t) => {
  t.timeout(900_000);
  const board = await ready(boardFile('lab-cramfs-jffs2'));
  const request = { machine, storageImage: await storageImage() } as const;
  await withBoot(t, board, request, async (boot) => {
    t.is(await output(boot, 'cat /etc/hostname; readlink /proc/1/exe'), 'factory\n/bin/busybox');
    equalsSimulation(t, board.prepared.plan, 'persistent', await boot.mountTable(), given, labs);
    await output(boot, 'echo mine >/etc/hostname && sync');
    await boot.cut();
  });
  await withBoot(t, board, request, async (boot) => t.is(await output(boot, 'cat /etc/hostname'), 'mine'));
});

vmOwnKernel(
  'an init that was broken on the storage: the tmpfs rung boots, the storage is untouched',
  async (t) => {
    t.timeout(200_000);
    const withHelper = await ready(boardFile('lab-jffs2'));
    const byApplets = await ready(boardFile('lab-jffs2'), { withoutHelper: true });
    const request = { machine, storageImage: await storageImage() } as const;
    await withBoot(t, withHelper, request, async (boot) => {
      // No longer a link to busybox, but a script whose interpreter is not there: execve says ENOENT.
      await output(
        boot,
        'rm /sbin/init && printf "#!/no/such/interpreter\\n" >/sbin/init && chmod +x /sbin/init && sync',
      );
      await output(boot, 'echo mine >/etc/hostname && sync');
      await boot.cut();
    });
    const fellBack = async (boot: Boot, reason: RegExp): Promise<void> => {
      const { rung, reasons } = await status(boot);
      t.is(rung, 'tmpfs');
      t.regex(reasons.join('\n'), reason);
      // Loud although the kernel was told to be quiet.
      t.regex(boot.console, /overlaykit: rung tmpfs: changes are kept in memory/);
      t.is(await output(boot, 'cat /etc/hostname; readlink /sbin/init'), 'factory\n/bin/busybox');
      await boot.cut();
    };
    await withBoot(t, withHelper, { ...request, cmdline: ['quiet'] }, (boot) =>
      fellBack(boot, /persistent: step \d+, verify \/mnt/),
    );
    // The shell finds out only when the kernel refuses: PID 1 survives its failed exec, in the merged root already.
    await withBoot(t, byApplets, { ...request, cmdline: ['quiet'] }, (boot) =>
      fellBack(boot, /persistent: the kernel cannot execute init/),
    );
  },
);

vmOwnKernel('a helper that is half there, text, or killed: the board boots all the same', async (t) => {
  t.timeout(200_000);
  const whole = await ready(boardFile('lab-tmpfs'));
  const helper = await readHelper(whole);
  const broken: Readonly<Record<string, Uint8Array>> = {
    half: helper.slice(0, helper.length / 2),
    text: Buffer.from('I am not a program\n'),
    killed: Buffer.from('#!/bin/sh\nkill -SEGV $$\n'),
  };
  for (const [how, content] of Object.entries(broken)) {
    const board = await withFile(whole, { path: bundlePaths.helper, mode: 0o755, content });
    await withBoot(t, board, { machine }, async (boot) => {
      t.like(await status(boot), { rung: 'tmpfs', reasons: [] }, how);
      t.regex(
        boot.console,
        /overlay_helper is broken \(exit code \d+.*\); the board's own applets do its work/,
        how,
      );
      equalsSimulation(t, board.prepared.plan, 'tmpfs', await boot.mountTable(), given, labs);
    });
  }
});

vmOwnKernel('storage of another size than the board file says is not touched', async (t) => {
  t.timeout(100_000);
  const board = await ready(boardFile('lab-jffs2'));
  const smaller = {
    ...board.prepared.checked.board,
    storage: { ...board.prepared.checked.board.storage, size: 8 * 1024 ** 2 },
  };
  const other = {
    ...board,
    prepared: { ...board.prepared, checked: { ...board.prepared.checked, board: smaller } },
  };
  await withBoot(t, other, { machine, cmdline: ['quiet'] }, async (boot) => {
    t.is((await status(boot)).rung, 'tmpfs');
    t.regex(boot.console, /mtd0 has 0x00800000 bytes, the board file says 0x01000000/);
  });
});

vmOwnKernel('the kernel command line chooses the rung', async (t) => {
  t.timeout(100_000);
  const board = await ready(boardFile('lab-jffs2'));
  const request = { machine, storageImage: await storageImage() } as const;
  await withBoot(t, board, { ...request, cmdline: ['overlaykit=ro'] }, async (boot) => {
    t.is((await status(boot)).rung, 'read-only');
    t.is(await output(boot, 'touch /etc/x 2>/dev/null || echo read-only'), 'read-only');
    equalsSimulation(t, board.prepared.plan, 'read-only', await boot.mountTable(), given, labs);
  });
  await withBoot(t, board, { ...request, cmdline: ['overlaykit=rescue'] }, async (boot) => {
    await boot.waitFor(/rung rescue: a shell on the console/);
    boot.send('echo typed $((6 * 7)); exit');
    await boot.waitFor(/typed 42/);
    await boot.waitFor(/rung read-only/);
    t.is((await status(boot)).rung, 'read-only');
  });
});

async function readHelper(board: Ready): Promise<Uint8Array> {
  const helper = await readImageFile(board.image, boardPaths.helper);
  if (helper === undefined) throw new Error('no helper in the image');
  return helper;
}

/** The same board with one file of its image replaced. */
async function withFile(board: Ready, file: BundleFile): Promise<Ready> {
  const image = await storageImage();
  const { applets, plan } = board.prepared;
  await installBundle({
    image: board.image,
    out: image,
    files: [file],
    mountPoints: [],
    addMountPoints: false,
    requiredApplets: applets,
    init: plan.handOver.init,
  });
  return { ...board, image };
}
