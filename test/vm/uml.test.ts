import { mkdir, mkdtemp, readdir, readFile, readlink, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { boardSchema } from '../../src/board/schema.ts';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { type Boot, type BootRequest, bootBoard } from '../../src/lab/index.ts';
import { busyboxRoot } from '../../src/lab/roots/busybox.ts';
import { debianRoot } from '../../src/lab/roots/debian.ts';
import { debianIsUp } from '../../src/lab/roots/debian-files.ts';
import type { RootImage, RootImageType } from '../../src/lab/roots/image.ts';
import { initIsUp } from '../../src/lab/roots/init-scripts.ts';
import { samplesFolder } from '../../src/lab/roots/sample-files.ts';
import { umlKernel } from '../../src/lab/uml/kernel.ts';
import { type UmlSpec, umlDevices } from '../../src/lab/uml/spec.ts';
import { startUml } from '../../src/lab/uml/start.ts';
import { runTool } from '../../src/system/process.ts';
import { testWith } from '../support/needs.ts';
import { tenLineOverlay } from '../support/ten-line-overlay.ts';

const work = await mkdtemp(join(tmpdir(), 'ovl-test-uml-'));
// What boards leave behind shows in a folder that no other test uses, and that only root may look into.
process.env.TMPDIR = join(work, 'tmp');
await mkdir(process.env.TMPDIR, { mode: 0o700 });
test.after.always(() => rm(work, { recursive: true, force: true }));

const uml = testWith(
  ...([
    'setpriv',
    'sqfstar',
    'mkfs.cramfs',
    'fakeroot',
    'mkfs.ext4',
    'busybox',
    'dpkg-deb',
    'apt-get',
  ] as const),
);

const roots = new Map<RootImageType, Promise<RootImage>>();

/** The lab's root with the hand-written overlay_init, made once of each type. */
function rootOf(type: RootImageType): Promise<RootImage> {
  const made =
    roots.get(type) ?? busyboxRoot({ type, out: join(work, `root.${type}`), files: [tenLineOverlay] });
  roots.set(type, made);
  return made;
}

async function specOf(type: RootImageType, more: Partial<UmlSpec> = {}): Promise<UmlSpec> {
  const { image } = await rootOf(type);
  const kernel = await umlKernel();
  return { kernel, root: { image, type }, init: '/sbin/overlay_init', words: ['store=tmpfs'], ...more };
}

async function ext4(name: string): Promise<string> {
  const image = join(work, name);
  await writeFile(image, '');
  await truncate(image, 16 * 2 ** 20);
  await runTool('mkfs.ext4', ['-q', image]);
  return image;
}

/** Boots, does what is asked, and powers off in order. */
async function boot<T>(t: ExecutionContext, spec: UmlSpec, act: (board: Boot) => Promise<T>): Promise<T> {
  const board = await startUml(spec);
  try {
    const result = await act(board);
    t.deepEqual(await board.poweroff(), { kind: 'off' });
    return result;
  } finally {
    await board.cut();
  }
}

const output = async (board: Boot, command: string): Promise<string> => (await board.run(command)).output;

interface Process {
  readonly command: string;
  readonly user: number;
}

/** Processes of this machine that run in a folder of one of our boards. */
async function processes(): Promise<readonly Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const folder = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
      return { folder, command, user: Number(/^Uid:\t(\d+)/m.exec(status)?.[1]) };
    }),
  );
  // One that ended while it was read has no user any more.
  return found.filter(({ folder, user }) => folder.startsWith(tmpdir()) && !Number.isNaN(user));
}

const folders = (): Promise<readonly string[]> => readdir(tmpdir());

for (const type of ['squashfs', 'cramfs'] as const) {
  uml(`a ${type} root with tmpfs storage forgets what was written`, async (t) => {
    const spec = await specOf(type);
    await boot(t, spec, async (board) => {
      await board.waitFor(initIsUp);
      t.is(await output(board, 'cat /proc/1/comm'), 'init\n');
      const table = await board.mountTable();
      t.like(
        table.find(({ target }) => target === '/'),
        { fstype: 'overlay', source: 'overlay' },
      );
      t.like(
        table.find(({ target }) => target === '/rom'),
        { fstype: type, source: umlDevices.root },
      );
      t.is(table.find(({ target }) => target === '/overlay')?.fstype, 'tmpfs');
      await board.run('echo written > /etc/hostname; rm -r /usr/share/lab/deep');
      t.is(await output(board, 'cat /etc/hostname; ls /usr/share/lab/deep 2>/dev/null'), 'written\n');
    });
    await boot(t, spec, async (board) => {
      t.is(await output(board, 'cat /etc/hostname; ls /usr/share/lab/deep'), 'factory\n1\n');
    });
  });
}

uml('a cramfs root with ext4 storage keeps what was written', async (t) => {
  const storage = { image: await ext4('kept.ext4'), type: 'ext4' };
  const spec = await specOf('cramfs', { storage, words: [`store=${umlDevices.storage}`] });
  await boot(t, spec, async (board) => {
    await board.run('echo written > /etc/hostname; rm -r /usr/share/lab/deep');
  });
  await boot(t, spec, async (board) => {
    t.is(await output(board, 'hostname; ls /usr/share/lab/deep 2>&1 | wc -l'), 'written\n1\n');
    t.is(await output(board, 'cat /rom/etc/hostname; ls /rom/usr/share/lab/deep'), 'factory\n1\n');
  });
});

uml('a cut keeps what was synced, and the storage can be used again', async (t) => {
  const storage = { image: await ext4('cut.ext4'), type: 'ext4' };
  const spec = await specOf('squashfs', { storage, words: [`store=${umlDevices.storage}`] });
  const first = await startUml(spec);
  await first.run('echo synced > /root/synced; sync');
  t.deepEqual(await first.cut(), { kind: 'cut' });
  await boot(t, spec, async (board) => t.is(await output(board, 'cat /root/synced'), 'synced\n'));
});

uml('cramfs keeps modes, owners, device nodes and awkward names', async (t) => {
  const spec = await specOf('cramfs', { init: '/sbin/init' });
  const listing = await boot(t, spec, (board) =>
    output(board, `cd ${samplesFolder}; ls -ln . names | grep -v '^total'; cat big | sha256sum`),
  );
  for (const line of [
    /^-rwsr-xr-x +1 0 +0 .* setuid$/m,
    /^-rwxr-sr-x +1 0 +50 .* setgid$/m,
    /^-rw-r--r-- +1 1000 +100 .* owned$/m,
    /^drwxrwxrwt .* sticky$/m,
    /^crw-rw-rw- +1 0 +0 +1, +3 .* null$/m,
    /^brw-rw---- +1 0 +0 +7, +0 .* loop0$/m,
    /^prw-r--r-- .* fifo$/m,
    / quote'"\$\(id\)$/m,
  ]) {
    t.regex(listing, line);
  }
});

uml('commands of any length run, with their output and exit code as they were', async (t) => {
  await boot(t, await specOf('squashfs', { init: '/sbin/init', words: ['name=a b'] }), async (board) => {
    t.deepEqual(await board.run('printf end; echo error >&2; exit 3'), { output: 'enderror\n', exitCode: 3 });
    const long = "ä'".repeat(5_000);
    const quoted = `'${long.replaceAll("'", `'\\''`)}'`;
    t.is(await output(board, `printf %s ${quoted} | wc -c; exit 0; echo never`), '15000\n');
    t.is(await output(board, 'ls /dev | grep -c lab-command'), '0\n');
    t.regex(await output(board, 'cat /proc/cmdline'), / "name=a b" /);
    board.send('echo typed $((40 + 2))');
    await board.waitFor('typed 42');
  });
});

uml('it runs as nobody, and nothing of it stays, however it ends', async (t) => {
  const board = await startUml(await specOf('squashfs', { init: '/sbin/init' }));
  await board.waitFor(initIsUp);
  const running = (await processes()).filter(({ command }) => command.startsWith('./linux\0'));
  t.true(running.length > 1, 'the search finds a running board');
  const user = process.getuid?.() === 0 ? 65534 : process.getuid?.();
  t.deepEqual([...new Set(running.map((one) => one.user))], [user]);
  await board.cut();
  t.deepEqual([await processes(), await folders()], [[], []]);
  await t.throwsAsync(() => board.run('true'), { instanceOf: Failure, message: /OVL411/ });
  await t.throwsAsync(() => board.waitFor('never said'), { instanceOf: Failure, message: /OVL411/ });

  const old = await startUml(await specOf('squashfs', { init: '/sbin/init' }), { lifetimeMs: 300 });
  t.like(await old.exited, { kind: 'failed' });
  const aborter = new AbortController();
  const aborted = await startUml(await specOf('squashfs', { init: '/sbin/init' }), {
    signal: aborter.signal,
  });
  aborter.abort();
  t.deepEqual(await aborted.exited, { kind: 'cut' });
  t.deepEqual([await processes(), await folders()], [[], []]);
});

uml('a kernel panic and a reboot are the end', async (t) => {
  const panicking = await busyboxRoot({ type: 'squashfs', out: join(work, 'exits.squashfs'), init: 'exits' });
  const root = { image: panicking.image, type: 'squashfs' };
  const board = await startUml(await specOf('squashfs', { init: '/sbin/init', root }));
  await t.notThrowsAsync(board.waitFor('Kernel panic'));
  t.deepEqual(await board.exited, { kind: 'off' });
  await boot(t, await specOf('squashfs', { init: '/sbin/init' }), async (rebooting) => {
    rebooting.run('reboot -f').catch(() => undefined);
    t.deepEqual(await rebooting.exited, { kind: 'off' });
  });
});

testWith(
  'mmdebstrap',
  'sqfstar',
  'setpriv',
)('a Debian root with systemd comes up writable over its squashfs', async (t) => {
  const { image } = await debianRoot({ files: [tenLineOverlay] });
  const spec = await specOf('squashfs', { root: { image, type: 'squashfs' }, memoryMiB: 256 });
  await boot(t, spec, async (board) => {
    const slow = { timeoutMs: 120_000 };
    t.is((await board.run('cat /proc/1/comm', slow)).output, 'systemd\n');
    t.is((await board.run('systemctl is-system-running --wait', slow)).output, 'running\n');
    t.is(
      await output(board, 'echo written > /etc/hostname; cat /etc/hostname /rom/etc/hostname'),
      'written\nfactory\n',
    );
    await board.waitFor(debianIsUp, slow);
  });
});

const requestOf = (storage: object): BootRequest => ({
  machine: 'uml',
  init: '/sbin/overlay_init',
  rootImage: join(work, 'root.squashfs'),
  board: boardSchema.parse({
    version: 1,
    name: 'uml-test',
    arch: 'x86_64',
    kernel: { version: '6.1' },
    root: { type: 'squashfs' },
    storage,
  }),
});

uml('a board file boots: its storage has its own name, and is kept in the file given', async (t) => {
  await rootOf('squashfs');
  const request = {
    ...requestOf({ type: 'ext4', find: { path: '/dev/mmcblk0p3' }, size: '16MiB' }),
    storageImage: join(work, 'board.ext4'),
    cmdline: ['store=/dev/mmcblk0p3'],
  };
  for (const seen of ['factory\n', 'written\n']) {
    const board = await bootBoard(request);
    t.is(await output(board, 'hostname; echo written > /etc/hostname'), seen);
    t.deepEqual(await board.poweroff(), { kind: 'off' });
  }
});

uml('a shell on the console does where there is no lab shell', async (t) => {
  await rootOf('squashfs');
  const board = await bootBoard({
    ...requestOf({ type: 'tmpfs' }),
    shell: 'console',
    cmdline: ['store=tmpfs'],
  });
  t.deepEqual(await board.run('echo on the console; exit 4'), { output: 'on the console\n', exitCode: 4 });
  t.deepEqual(await board.poweroff(), { kind: 'off' });
});

test('boards with flash, and counting instructions, are refused', async (t) => {
  const flash = { type: 'jffs2', find: { mtd: 'rootfs_data' }, size: '4MiB', erase_block: '64KiB' };
  await t.throwsAsync(bootBoard(requestOf(flash)), { instanceOf: Failure, message: /OVL412.*flash/ });
  const counted = { ...requestOf({ type: 'tmpfs' }), exact: { seed: 1 } };
  await t.throwsAsync(bootBoard(counted), { instanceOf: Failure, message: /OVL412.*counted/ });
});
