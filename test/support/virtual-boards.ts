/** Virtual boards for the tests of the lab: a small root with a small overlay script, booted, used, left off. */
import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { type Board, boardSchema } from '../../src/board/schema.ts';
import { type Boot, type BootRequest, bootBoard, type Machine } from '../../src/lab/index.ts';
import { busyboxRoot } from '../../src/lab/roots/busybox.ts';
import type { RootImageType } from '../../src/lab/roots/image.ts';
import { file } from '../../src/lab/roots/root-file.ts';
import { testWith } from './needs.ts';

export const work = await mkdtemp(join(tmpdir(), 'ovl-test-lab-'));
// What boards leave behind shows in a folder that no other test uses.
process.env.TMPDIR = join(work, 'tmp');
await mkdir(process.env.TMPDIR);
test.after.always(() => rm(work, { recursive: true, force: true }));

export const vm = testWith(
  'qemu-system-x86_64',
  'setpriv',
  'sqfstar',
  'busybox',
  'depmod',
  'dpkg-deb',
  'apt-get',
  'xz',
);
export const vmWithOwnKernel = testWith(
  ...([
    'qemu-system-x86_64',
    'setpriv',
    'sqfstar',
    'mkfs.cramfs',
    'fakeroot',
    'busybox',
    'dpkg-deb',
    'apt-get',
  ] as const),
  ...(['make', 'gcc', 'ld', 'flex', 'bison', 'bc', 'xz'] as const),
);

/** Ten lines of what overlay_init does, so that the lab is proved by itself: storage, union, pivot, init. */
const smallOverlay = (mountStorage: string): string => `#!/bin/sh -e
mount -t proc proc /proc
echo 'overlaykit: small overlay script' > /dev/kmsg
${mountStorage}
mkdir -p /overlay/upper /overlay/work
mount -t overlay -o lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work overlay /mnt
mount -o move /overlay /mnt/overlay
umount /proc
cd /mnt
pivot_root . rom
mount -o move /rom/dev /dev
exec chroot . /sbin/init
`;

const storages = {
  jffs2: { type: 'jffs2', find: { mtd: 'rootfs_data' }, size: '4MiB', erase_block: '64KiB' },
  ext4: { type: 'ext4', find: { path: '/dev/mmcblk0p3' }, size: '16MiB' },
  tmpfs: { type: 'tmpfs' },
} as const;

const scripts = {
  '/sbin/jffs2': smallOverlay('mount -t jffs2 mtd:rootfs_data /overlay'),
  '/sbin/ext4': smallOverlay('mount -t ext4 /dev/mmcblk0p3 /overlay'),
  '/sbin/tmpfs': smallOverlay('mount -t tmpfs tmpfs /overlay'),
  '/sbin/hang': '#!/bin/sh\necho I hang\nwhile :; do sleep 1; done\n',
} as const;

/** Made once for all tests of this file. */
const roots = new Map<RootImageType, Promise<string>>();
export async function rootOf(type: RootImageType): Promise<string> {
  const making = roots.get(type) ?? makeRoot(type);
  roots.set(type, making);
  return making;
}

async function makeRoot(type: RootImageType): Promise<string> {
  const out = join(work, `root.${type}`);
  const files = Object.entries(scripts).map(([path, text]) => file(path, text, 0o755));
  await busyboxRoot({ type, out, files, samples: false });
  return out;
}

export function boardOf(storage: keyof typeof storages, root: RootImageType): Board {
  return boardSchema.parse({
    version: 1,
    name: 'lab-test',
    arch: 'x86_64',
    kernel: { version: '6.1' },
    root: { type: root },
    storage: storages[storage],
  });
}

export interface Case {
  readonly machine?: Machine;
  readonly storage?: keyof typeof storages;
  readonly root?: RootImageType;
  readonly more?: Partial<BootRequest>;
}

/** Boots, uses the board, and in any case leaves it off; says how long each part took. */
export async function withBoard<T>(
  t: ExecutionContext,
  what: Case,
  use: (boot: Boot) => Promise<T>,
): Promise<T> {
  const { machine = 'qemu', storage = 'tmpfs', root = 'squashfs' } = what;
  const request = { board: boardOf(storage, root), rootImage: await rootOf(root), machine };
  const started = Date.now();
  const boot = await bootBoard({ init: `/sbin/${storage}`, ...request, ...what.more });
  boot.waitFor('lab: init is up').then(
    () => t.log(`${machine} ${root} ${storage}: init after ${Date.now() - started} ms`),
    () => undefined,
  );
  try {
    return await use(boot);
  } finally {
    await boot.cut();
    t.log(`${machine} ${root} ${storage}: ended after ${Date.now() - started} ms`);
  }
}

/** Changes a file and removes another, and has both on the storage. */
export const write = 'echo written > /etc/hostname && rm /etc/issue && sync';

/** Tells both; a fresh board says `untouched`. */
export const read = 'cat /etc/hostname; ls /etc/issue';
export const untouched = 'factory\n/etc/issue\n';

/** Writes, cuts the power, boots again, and gives what is there then. */
export async function afterPowerCut(t: ExecutionContext, what: Case): Promise<string> {
  await withBoard(t, what, async (boot) => {
    t.is((await boot.run(read)).output, untouched);
    t.deepEqual(await boot.run(write), { output: '', exitCode: 0 });
    t.deepEqual(await boot.cut(), { kind: 'cut' });
  });
  return withBoard(t, what, async (boot) => (await boot.run(read)).output);
}

/** Processes whose command line has this text; our own test process is not among them. */
export async function processesWith(text: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(text));
}

/** No QEMU, no temporary folder, no loop device. */
export async function expectNothingLeft(t: ExecutionContext): Promise<void> {
  t.deepEqual(await processesWith(work), []);
  t.deepEqual(await readdir(tmpdir()), []);
  const loops = await Promise.all(
    (await readdir('/sys/block'))
      .filter((name) => name.startsWith('loop'))
      .map(async (name) => readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => '')),
  );
  t.deepEqual(
    loops.filter((backing) => backing.includes(work)),
    [],
  );
}
