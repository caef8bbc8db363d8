import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { boardSchema } from '../../src/board/schema.ts';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { bootBoard } from '../../src/lab/index.ts';
import { initIsUp } from '../../src/lab/roots/init-scripts.ts';
import { sandboxUnavailable } from '../../src/lab/sandbox/available.ts';
import type { SandboxSpec } from '../../src/lab/sandbox/spec.ts';
import { startSandbox } from '../../src/lab/sandbox/start.ts';
import { testAsRoot } from '../support/needs.ts';
import {
  before,
  boot,
  ext4,
  folder,
  hand,
  output,
  plain,
  squashfs,
  traces,
  work,
} from '../support/sandbox-boards.ts';

test.serial('the machine can run the sandbox', (t) => {
  t.is(sandboxUnavailable(), undefined);
});

testAsRoot('a squashfs root with tmpfs storage: the mount table, and nothing is kept', async (t) => {
  const spec = { root: await squashfs(), ...hand };
  await boot(t, spec, async (board) => {
    await board.waitFor(initIsUp);
    t.is(await output(board, 'cat /proc/1/comm'), 'init\n');
    const table = await board.mountTable();
    t.deepEqual(table.map(({ target, fstype }) => `${target} ${fstype}`).toSorted(), [
      '/ overlay',
      '/dev tmpfs',
      '/overlay tmpfs',
      '/proc proc',
      '/rom squashfs',
      '/run tmpfs',
      '/sys sysfs',
      '/tmp tmpfs',
    ]);
    const root = table.find(({ target }) => target === '/');
    t.true(root?.superOptions.includes('upperdir=/overlay/upper'));
    t.deepEqual(table.find(({ target }) => target === '/rom')?.options, ['ro', 'relatime']);
    await board.run('echo written > /etc/hostname; rm -r /usr/share/lab/deep');
    t.is(
      await output(board, 'cat /etc/hostname /rom/etc/hostname; ls /usr/share/lab | grep deep'),
      'written\nfactory\n',
    );
  });
  await boot(t, spec, async (board) => {
    t.is(await output(board, 'cat /etc/hostname; ls /usr/share/lab | grep deep'), 'factory\ndeep\n');
  });
});

testAsRoot('ext4 storage on a disk keeps what was written', async (t) => {
  const disks = [{ image: await ext4('kept.ext4'), device: '/dev/mmcblk0p3' }];
  const spec = { root: await squashfs(), ...hand, words: ['store=/dev/mmcblk0p3'], disks };
  await boot(t, spec, async (board) => {
    t.is((await board.mountTable()).find(({ target }) => target === '/overlay')?.source, '/dev/mmcblk0p3');
    await board.run('echo written > /etc/hostname; rm -r /usr/share/lab/deep');
  });
  await boot(t, spec, async (board) => {
    t.is(await output(board, 'hostname; ls /usr/share/lab | grep deep'), 'written\n');
  });
});

for (const mode of ['root', 'user'] as const) {
  const declare: typeof testAsRoot = mode === 'root' ? testAsRoot : (title, body) => test.serial(title, body);
  declare(`an unpacked root boots as ${mode}`, async (t) => {
    await boot(t, { root: await folder(), ...hand, mode }, async (board) => {
      t.is(await output(board, 'id -u; echo new > /etc/hostname; cat /etc/hostname'), '0\nnew\n');
      const fstypes = (await board.mountTable()).filter(({ target }) => ['/', '/rom'].includes(target));
      t.deepEqual(fstypes.map(({ target, fstype }) => `${target} ${fstype}`).toSorted(), [
        '/ overlay',
        '/rom tmpfs',
      ]);
    });
  });
}

testAsRoot('words of the command line reach the board as a kernel passes them', async (t) => {
  const words = ['overlaykit=ro', 'quiet', 'root=/dev/vda', 'mod.option=1', 'name=a b', "it's=$(id)"];
  await boot(t, { root: await squashfs({ samples: false }), ...plain, words }, async (board) => {
    const line = `overlaykit=ro quiet root=/dev/vda mod.option=1 "name=a b" "it's=$(id)" labshell=labshell\n`;
    t.is(await output(board, 'cat /proc/cmdline'), line.replace(`"it's=$(id)"`, "it's=$(id)"));
    t.is(
      await output(board, 'tr "\\0" "\\n" < /proc/1/environ'),
      'HOME=/\nTERM=linux\noverlaykit=ro\nname=a b\nlabshell=labshell\n',
    );
  });
});

testAsRoot('commands give their output and exit code, and see the board only', async (t) => {
  await boot(t, { root: await squashfs({ samples: false }), ...plain }, async (board) => {
    t.deepEqual(await board.run('printf end; echo error >&2; exit 3'), { output: 'enderror\n', exitCode: 3 });
    t.is(await output(board, `printf %s '${'x'.repeat(20_000)}' | wc -c`), '20000\n');
    t.is(await output(board, 'cd /tmp; pwd'), '/tmp\n');
    t.is(await output(board, 'pwd; hostname; ls /home'), '/\nfactory\nuser\n');
    t.true(Number(await output(board, 'ps | wc -l')) < 10);
    board.send('echo typed $((40 + 2))');
    await board.waitFor('typed 42');
    await t.throwsAsync(() => board.run('sleep 60', { timeoutMs: 200 }), { message: /OVL410/ });
  });
});

testAsRoot('what would hurt this machine is refused', async (t) => {
  await boot(t, { root: await squashfs({ samples: false }), ...plain }, async (board) => {
    for (const command of [
      'mknod /tmp/disk b 8 0',
      // busybox's date says that it may not, and exits with 0.
      'date -s 2001.01.01-00:00 2>&1 | grep -q "not permitted" && exit 1',
      'echo 1 > /proc/sys/kernel/printk',
      'insmod /etc/hostname',
      'echo 1 > /sys/kernel/mm/ksm/run',
    ]) {
      t.not((await board.run(command)).exitCode, 0, command);
    }
    // An orderly shutdown remounts read-only what it cannot unmount: the traces below hold this machine's options.
    await board.run('mount -o remount,ro /proc; mount -o remount,ro /dev; mount -o remount,ro /dev/console');
    board.run('poweroff').catch(() => undefined);
    t.deepEqual(await board.exited, { kind: 'off' });
  });
  t.deepEqual((await traces()).mounts, before.mounts);
});

testAsRoot('every end is told, and nothing is left', async (t) => {
  const root = await squashfs({ samples: false });
  const disks = [{ image: await ext4('ends.ext4'), device: '/dev/disk' }];
  const cut = await startSandbox({ root, ...hand, words: ['store=/dev/disk'], disks });
  await cut.waitFor(initIsUp);
  t.deepEqual(await cut.cut(), { kind: 'cut' });
  t.deepEqual(await cut.cut(), { kind: 'cut' }, 'a second cut does nothing');
  t.deepEqual(await traces(), before);
  await t.throwsAsync(() => cut.run('true'), { instanceOf: Failure, message: /OVL411/ });
  await t.throwsAsync(() => cut.waitFor('never said'), { instanceOf: Failure, message: /OVL411/ });

  const rebooting = await startSandbox({ root, ...plain });
  rebooting.run('reboot -f').catch(() => undefined);
  t.deepEqual(await rebooting.exited, { kind: 'off' });

  const old = await startSandbox({ root, ...plain }, { lifetimeMs: 400 });
  t.like(await old.exited, { kind: 'failed' });

  const aborter = new AbortController();
  const aborted = await startSandbox({ root, ...plain }, { signal: aborter.signal });
  aborter.abort();
  t.deepEqual(await aborted.exited, { kind: 'cut' });
  t.deepEqual(await traces(), before);
});

testAsRoot('a board whose init cannot be executed ends like one', async (t) => {
  const missing = await startSandbox({ root: await squashfs({ samples: false, init: 'missing' }), ...plain });
  t.deepEqual(await missing.exited, { kind: 'off' });
  t.regex(missing.console, /\/sbin\/init.*No such file/);
  const exits = await startSandbox({ root: await squashfs({ samples: false, init: 'exits' }), ...plain });
  t.deepEqual(await exits.exited, { kind: 'off' });
});

testAsRoot('a root without mount points boots as far as it can', async (t) => {
  const root = await squashfs({
    samples: false,
    withoutMountPoints: ['/dev', '/proc', '/sys', '/run', '/tmp'],
  });
  const board = await startSandbox({ root, ...plain, labShell: false });
  await board.waitFor(initIsUp);
  await board.cut();
  t.deepEqual(await traces(), before);
});

testAsRoot('a board file boots: its storage has its own name, and is kept in the file given', async (t) => {
  const root = await squashfs({ samples: false });
  const board = (storage: object) =>
    boardSchema.parse({
      version: 1,
      name: 'sandbox-test',
      arch: 'x86_64',
      kernel: { version: '6.1' },
      root: { type: 'squashfs' },
      storage,
    });
  const request = { machine: 'sandbox', rootImage: root.kind === 'image' ? root.image : '' } as const;
  const named = board({ type: 'ext4', find: { path: '/dev/mmcblk0p3' }, size: '16MiB' });
  const storageImage = join(work, 'board.ext4');
  for (const seen of ['factory\n', 'written\n']) {
    const boot = await bootBoard({
      ...request,
      board: named,
      storageImage,
      cmdline: ['store=/dev/mmcblk0p3'],
    });
    t.is(await output(boot, 'hostname; echo written > /etc/hostname'), seen);
    t.deepEqual(await boot.poweroff(), { kind: 'off' });
  }
  const labelled = board({ type: 'ext4', find: { label: 'writable' }, size: '16MiB' });
  const boot = await bootBoard({ ...request, board: labelled, init: '/sbin/init', shell: 'console' });
  t.regex(await output(boot, 'findfs LABEL=writable'), /^\/dev\/loop\d+\n$/);
  await boot.cut();
  const flash = board({ type: 'jffs2', find: { mtd: 'rootfs_data' }, size: '4MiB', erase_block: '64KiB' });
  await t.throwsAsync(bootBoard({ ...request, board: flash }), {
    instanceOf: Failure,
    message: /OVL412.*flash/,
  });
  t.deepEqual(await traces(), before);
});

testAsRoot('what cannot be set up is told with the words of the tool that failed', async (t) => {
  const garbage = join(work, 'garbage');
  await writeFile(garbage, Buffer.alloc(8192, 7));
  const root = await squashfs({ samples: false });
  const cases: readonly (readonly [SandboxSpec, RegExp, RegExp])[] = [
    [
      { root: { kind: 'image', image: garbage, type: 'squashfs' }, ...plain },
      /OVL432/,
      /mount: .*wrong fs type/,
    ],
    [{ root: { kind: 'image', image: garbage, type: 'nosuchfs' }, ...plain }, /OVL432/, /^mount: /],
    [{ root: { kind: 'folder', folder: join(work, 'nowhere') }, ...plain }, /OVL432/, /No such file/],
    [{ root, ...plain, mode: 'user' }, /OVL432/, /user namespace/],
    [{ root, ...plain, disks: [{ image: join(work, 'nowhere'), device: '/dev/d' }] }, /OVL405/, /losetup/],
  ];
  for (const [spec, code, because] of cases) {
    const error = await t.throwsAsync(() => startSandbox(spec), { instanceOf: Failure, message: code });
    t.regex(error?.diagnostics[0]?.because ?? '', because);
  }
  t.deepEqual(await traces(), before);
});

testAsRoot('a sandbox ends with the process that started it, even when that is killed', async (t) => {
  const root = await squashfs({ samples: false });
  const script = join(work, 'orphan.mts');
  const module = join(import.meta.dirname, '../../src/lab/sandbox/start.ts');
  await writeFile(
    script,
    `import { startSandbox } from ${JSON.stringify(module)};
    startSandbox(${JSON.stringify({ root, ...plain })}).then(async (board) => {
      await board.run('true');
      process.kill(process.pid, 'SIGKILL');
    });`,
  );
  const run = await execa(process.execPath, ['--import=tsx', script], { reject: false });
  t.is(run.signal, 'SIGKILL');
  const until = Date.now() + 5_000;
  while ((await traces()).loops?.length !== 0 && Date.now() < until)
    await new Promise((r) => setTimeout(r, 20));
  t.deepEqual((await traces()).loops, []);
  t.deepEqual((await traces()).ours, []);
  // The folder is all that nobody is there to remove; it is empty.
  for (const name of (await traces()).folders ?? []) {
    if (!before.folders?.includes(name)) await rm(join(tmpdir(), name), { recursive: true });
  }
});
