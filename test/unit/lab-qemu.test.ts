import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { type Board, boardSchema } from '../../src/board/schema.ts';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { cpioArchive } from '../../src/lab/kernel/cpio.ts';
import type { Kernel } from '../../src/lab/kernel/kernel.ts';
import { initramfsSettings, kernelWords, qemuArguments } from '../../src/lab/qemu/arguments.ts';
import { virtualBoardSpec } from '../../src/lab/qemu/from-board.ts';
import { modulesFor } from '../../src/lab/qemu/modules.ts';
import type { VirtualBoardSpec } from '../../src/lab/qemu/spec.ts';
import { provideStorage, storageNeed } from '../../src/lab/storage.ts';
import { requireTool } from '../../src/system/tools.ts';
import { testWith } from '../support/needs.ts';

const work = await mkdtemp(join(tmpdir(), 'ovl-test-qemu-'));
test.after.always(() => rm(work, { recursive: true, force: true }));

const stock: Kernel = {
  kind: 'stock',
  arch: 'x86_64',
  vmlinux: '/k/vmlinux',
  modulesDir: '/k/lib',
  version: '6.1.0-1-amd64',
};
const own: Kernel = { kind: 'own', vmlinux: '/own/vmlinux', version: '6.1.1' };

const boardWith = (storage: object, root = 'squashfs'): Board =>
  boardSchema.parse({
    version: 1,
    name: 'test',
    arch: 'x86_64',
    kernel: { version: '6.1' },
    root: { type: root },
    storage,
  });

const jffs2 = { type: 'jffs2', find: { mtd: 'rootfs_data' }, size: '3.4375MiB', erase_block: '64KiB' };

function specOf(storage: object, kernel: Kernel, more: object = {}): VirtualBoardSpec {
  const board = boardWith(storage);
  const request = { board, rootImage: '/images/root.sqfs', machine: 'qemu', ...more } as const;
  return virtualBoardSpec(request, kernel, storageNeed(board), '/images/storage.img');
}

/** The value behind an option, joined with spaces where it comes more than once. */
const valuesOf = (args: readonly string[], option: string): string =>
  args.filter((_, index) => args[index - 1] === option).join(' ');

const codeOf = (act: () => unknown): string | undefined => {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof Failure ? error.diagnostics[0]?.code : 'not a failure';
  }
};

test('QEMU never gets a hardware accelerator', (t) => {
  const args = qemuArguments(specOf(jffs2, own), { shellSocket: '/s' });
  t.is(valuesOf(args, '-accel'), 'tcg');
  t.notRegex(args.join(' '), /kvm/);
});

test("a board's flash has its name, size and erase block, on the own kernel by mtdparts", (t) => {
  const words = kernelWords(specOf(jffs2, own));
  t.true(words.includes('phram.phram=lab-flash,0x100000000,3604480,65536'));
  t.true(words.includes('mtdparts=lab-flash:3604480@0(rootfs_data)'));
  t.true(words.includes('root=/dev/vda') && words.includes('rootfstype=squashfs') && words.includes('ro'));
  t.true(words.includes('init=/sbin/overlay_init'));
  const args = qemuArguments(specOf(jffs2, own), { shellSocket: '/s' });
  t.regex(valuesOf(args, '-object'), /share=on,mem-path=\/images\/storage\.img,size=3604480$/);
});

test("a board's flash has its name, size and erase block, on a stock kernel by phram alone", (t) => {
  const spec = specOf(jffs2, stock);
  t.deepEqual(initramfsSettings(spec).flash, [
    { driver: 'phram', parameters: 'rootfs_data,0x100000000,3604480,65536' },
  ]);
  t.false(kernelWords(spec).some((word) => word.startsWith('mtdparts=') || word.startsWith('root=')));
  t.true(modulesFor(spec).includes('jffs2') && modulesFor(spec).includes('phram'));
  t.false(modulesFor(spec).includes('ext4'));
});

test('a board that goes by the number N has N devices before its own', (t) => {
  const numbered = { ...jffs2, find: { mtd_number: 2 } };
  t.true(
    kernelWords(specOf(numbered, own)).includes(
      'mtdparts=lab-flash:65536@0(lab0)ro,65536@0(lab1)ro,3604480@0(storage)',
    ),
  );
  t.deepEqual(
    initramfsSettings(specOf(numbered, stock)).flash.map(({ parameters }) => parameters.split(',')[0]),
    ['lab0', 'lab1', 'storage'],
  );
  const byPath = storageNeed(boardWith({ ...jffs2, find: { path: '/dev/mtdblock5' } }));
  t.like(byPath, { kind: 'jffs2', number: 5 });
});

test('an ext4 disk has the name that the board file uses, where an initramfs can give it', (t) => {
  const storage = { type: 'ext4', find: { path: '/dev/mmcblk0p3' }, size: '16MiB' };
  t.deepEqual(specOf(storage, stock).links, [{ path: '/dev/mmcblk0p3', device: '/dev/vdb' }]);
  t.deepEqual(specOf(storage, stock, { exact: { seed: 1 } }).links, [
    { path: '/dev/mmcblk0p3', device: '/dev/vda' },
  ]);
  t.is(
    codeOf(() => specOf(storage, own)),
    'OVL412',
  );
  t.deepEqual(specOf({ ...storage, find: { path: '/dev/vdb' } }, own).links, []);
});

test('the words for exact counting leave nothing to chance', (t) => {
  const spec = specOf({ type: 'tmpfs' }, own, { exact: { seed: 7 } });
  const args = qemuArguments(spec, { initrd: '/i', shellSocket: '/s' });
  t.is(valuesOf(args, '-icount'), 'shift=0,sleep=off');
  t.is(valuesOf(args, '-seed'), '7');
  t.is(valuesOf(args, '-rtc'), 'base=2026-01-01,clock=vm');
  t.is(valuesOf(args, '-drive'), '');
  t.true(kernelWords(spec).includes('nokaslr') && kernelWords(spec).includes('root=/dev/ram0'));
});

test('file names cannot add options to QEMU, words cannot add words to the kernel', (t) => {
  const named = { rootImage: '/a,readonly=off/b.sqfs' };
  const args = qemuArguments(specOf({ type: 'tmpfs' }, own, named), { shellSocket: '/s' });
  t.regex(valuesOf(args, '-drive'), /readonly=on,file=\/a,,readonly=off\/b\.sqfs$/);
  const spaced = specOf({ type: 'tmpfs' }, own, { cmdline: ['name=a b'] });
  t.true(valuesOf(qemuArguments(spaced, { shellSocket: '/s' }), '-append').endsWith('"name=a b"'));
  const quoted = specOf({ type: 'tmpfs' }, own, { cmdline: ['x" init=/bin/sh'] });
  t.throws(() => qemuArguments(quoted, { shellSocket: '/s' }), { message: /not a word for the kernel/ });
});

test('storage that no kernel command line can name, or that the lab does not make, is refused', (t) => {
  const needOf = (storage: object) => () => storageNeed(boardWith({ ...jffs2, ...storage }));
  t.is(codeOf(needOf({ find: { mtd: 'a,b' } })), 'OVL412');
  t.is(codeOf(needOf({ find: { mtd: 'x'.repeat(64) } })), 'OVL412');
  t.is(codeOf(needOf({ size: '100KiB' })), 'OVL412');
  t.is(codeOf(needOf({ type: 'ubifs' })), 'OVL412');
  t.is(codeOf(needOf({ find: { mtd: 'User FS' } })), undefined);
  t.deepEqual(storageNeed(boardWith({ type: 'tmpfs' })), { kind: 'none' });
});

test('blank flash reads as ones and is made once', async (t) => {
  const image = join(work, 'flash.img');
  const need = storageNeed(boardWith(jffs2));
  await provideStorage(need, image);
  const blank = await readFile(image);
  t.is(blank.length, 3_604_480);
  t.true(blank.every((byte) => byte === 0xff));
  await writeFile(image, Buffer.alloc(blank.length, 1));
  await provideStorage(need, image);
  t.is((await readFile(image))[0], 1);
  await writeFile(image, 'short');
  const wrong = await t.throwsAsync(provideStorage(need, image), { instanceOf: Failure });
  t.is(wrong.diagnostics[0]?.code, 'OVL412');
});

testWith('mkfs.ext4', 'debugfs')('a blank ext4 disk has its label and is the same every time', async (t) => {
  const need = storageNeed(boardWith({ type: 'ext4', find: { label: 'overlay' }, size: '4MiB' }));
  const [first, second] = [join(work, 'first.img'), join(work, 'second.img')];
  await provideStorage(need, first);
  await provideStorage(need, second);
  t.true((await readFile(first)).equals(await readFile(second)));
  const { stdout } = await execa(requireTool('debugfs'), ['-R', 'show_super_stats -h', first]);
  t.regex(stdout, /Filesystem volume name: +overlay/);
});

testWith('cpio')('cpio unpacks what the writer packs', async (t) => {
  const archive = cpioArchive([
    { kind: 'directory', path: 'a', mode: 0o750 },
    { kind: 'file', path: 'a/file', mode: 0o644, data: Buffer.from('five\n') },
    { kind: 'file', path: 'a/empty', mode: 0o600, data: Buffer.alloc(0) },
    { kind: 'symlink', path: 'a/link', target: 'file' },
  ]);
  t.is(archive.length % 512, 0);
  const folder = join(work, 'cpio');
  await mkdir(folder);
  const cpio = requireTool('cpio');
  await execa(cpio, ['-i', '--quiet'], { cwd: folder, input: archive });
  t.is(await readFile(join(folder, 'a', 'link'), 'utf8'), 'five\n');
  const { stdout } = await execa(cpio, ['-itv', '--quiet', '--numeric-uid-gid'], { input: archive });
  const lines = stdout.split('\n').map((line) => line.replaceAll(/ +/g, ' '));
  t.regex(lines[0] ?? '', /^drwxr-x--- 2 0 0 0 Jan 1 1970 a$/);
  t.regex(lines[1] ?? '', /^-rw-r--r-- 1 0 0 5 /);
  t.regex(lines[3] ?? '', /^lrwxrwxrwx 1 0 0 4 .* a\/link -> file$/);
});

test('a disk whose writes are logged has a volatile cache and stays behind the root', (t) => {
  const spec = specOf({ type: 'ext4' }, own);
  if (spec.storage.kind !== 'disk') return t.fail('no disk');
  const writeLog = '/logs/a,b.log';
  const args = qemuArguments({ ...spec, storage: { ...spec.storage, writeLog } }, { shellSocket: '/s' });
  t.deepEqual(JSON.parse(valuesOf(args, '-blockdev')), {
    driver: 'blklogwrites',
    'node-name': 'logged',
    file: { driver: 'file', filename: '/images/storage.img' },
    log: { driver: 'file', filename: writeLog },
  });
  t.regex(valuesOf(args, '-device'), /^virtio-blk-pci,drive=logged,write-cache=on,addr=0x1e$/);
  t.false(valuesOf(args, '-drive').includes('storage.img'));
});

test('a board that is to be reached gets a network that lets nothing out', (t) => {
  const forwards = [{ hostPort: 2222, boardPort: 22 }];
  const args = qemuArguments(specOf({ type: 'tmpfs' }, stock, { forwards }), { shellSocket: '/s' });
  t.is(valuesOf(args, '-netdev'), 'user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:2222-10.0.2.15:22');
  t.true(modulesFor(specOf({ type: 'tmpfs' }, stock, { forwards })).includes('virtio_net'));
  t.is(valuesOf(qemuArguments(specOf({ type: 'tmpfs' }, stock), { shellSocket: '/s' }), '-netdev'), '');
});

test('slots of flash lie behind each other in one file, numbered on from the storage; the root may be one of them', (t) => {
  const slots = [
    { name: 'rootfs1', bytes: 0x20_0000 },
    { name: 'rootfs2', bytes: 0x10_0000 },
  ];
  const flashSlots = { image: '/images/slots', eraseBlockBytes: 65_536, slots };
  const spec = specOf(jffs2, stock, { flashSlots, rootDevice: '/dev/mtdblock2', disks: ['/images/env'] });
  const args = qemuArguments(spec, { shellSocket: '/s' });
  t.regex(valuesOf(args, '-object'), /id=slots,share=on,mem-path=\/images\/slots,size=3145728$/);
  t.regex(
    valuesOf(args, '-device'),
    /nvdimm,memdev=flash,addr=0x100000000 nvdimm,memdev=slots,addr=0x140000000/,
  );
  t.regex(
    valuesOf(args, '-drive'),
    /readonly=on,file=\/images\/root\.sqfs .*readonly=off,file=\/images\/env$/,
  );
  const { flash, rootDevice } = initramfsSettings(spec);
  t.is(rootDevice, '/dev/mtdblock2');
  t.deepEqual(
    flash.slice(-2).map(({ parameters }) => parameters),
    ['rootfs1,0x140000000,2097152,65536', 'rootfs2,0x140200000,1048576,65536'],
  );
  t.true(modulesFor(specOf({ type: 'tmpfs' }, stock, { flashSlots })).includes('phram'));
});
