/** Which processor plays a board, and what its QEMU and kernel are told. */
import test from 'ava';
import { type Board, boardSchema } from '../../src/board/schema.ts';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { emulated, hardwareFor, rowOf } from '../../src/lab/hardware.ts';
import type { Kernel } from '../../src/lab/kernel/kernel.ts';
import { initramfsSettings, kernelWords, qemuArguments } from '../../src/lab/qemu/arguments.ts';
import { virtualBoardSpec } from '../../src/lab/qemu/from-board.ts';
import { modulesFor } from '../../src/lab/qemu/modules.ts';
import type { VirtualBoardSpec } from '../../src/lab/qemu/spec.ts';
import { storageNeed } from '../../src/lab/storage.ts';
import { tools } from '../../src/system/tools.ts';
import type { Architecture } from '../../src/toolchain/targets.ts';

const jffs2 = { type: 'jffs2', find: { mtd: 'rootfs_data' }, size: '4MiB', erase_block: '64KiB' };
const ext4 = { type: 'ext4', find: { path: '/dev/mmcblk0p3' }, size: '16MiB' };

const boardWith = (arch: Architecture, storage: object): Board =>
  boardSchema.parse({
    version: 1,
    name: 'test',
    arch,
    kernel: { version: '6.1' },
    root: { type: 'squashfs' },
    storage,
  });

const kernelOf = (arch: Architecture): Kernel => ({
  kind: 'stock',
  arch,
  vmlinux: '/k/vmlinux',
  modulesDir: '/k/lib',
  version: '6.1.0-1',
});

function specOf(arch: Architecture, storage: object, more: object = {}): VirtualBoardSpec {
  const board = boardWith(arch, storage);
  const request = { board, rootImage: '/images/root.sqfs', machine: 'qemu', ...more } as const;
  return virtualBoardSpec(request, kernelOf(arch), storageNeed(board), '/images/storage.img');
}

const said = (spec: VirtualBoardSpec): string => qemuArguments(spec, { shellSocket: '/s' }).join(' ');

function refusal(act: () => unknown): string | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return error instanceof Failure ? error.diagnostics[0]?.message : 'not a failure';
  }
}

test('a board is played on its own processor, on QEMU with a stock kernel', (t) => {
  for (const arch of emulated) {
    t.is(hardwareFor(boardWith(arch, { type: 'tmpfs' }), 'qemu').arch, arch);
    t.is(hardwareFor(boardWith(arch, ext4), 'qemu').arch, arch);
    for (const machine of ['qemu-own-kernel', 'uml', 'sandbox'] as const)
      t.is(hardwareFor(boardWith(arch, ext4), machine).arch, 'x86_64', machine);
  }
});

test('what no processor of its own can have is played by x86-64', (t) => {
  const playedBy = (arch: Architecture, storage: object): Architecture =>
    hardwareFor(boardWith(arch, storage), 'qemu').arch;
  for (const arch of ['mips', 'riscv64', 'powerpc'] as const) t.is(playedBy(arch, ext4), 'x86_64');
  for (const arch of ['aarch64', 'armhf', 'armel'] as const) t.is(playedBy(arch, jffs2), 'x86_64');
  for (const arch of ['i386', 'mipsel'] as const) {
    t.is(playedBy(arch, jffs2), arch);
    t.is(playedBy(arch, { ...jffs2, find: { mtd_number: 2 } }), 'x86_64');
  }
});

test('never an accelerator, and one console and one lab shell for each', (t) => {
  for (const arch of emulated) {
    const spec = specOf(arch, ext4);
    const { qemu, machine, cpu, console } = rowOf(arch);
    t.regex(said(spec), new RegExp(`-accel tcg -cpu ${cpu} -M ${machine} -m \\d+M `), arch);
    t.true(kernelWords(spec).includes(`console=${console}`), arch);
    t.regex(tools[qemu].package, /^qemu-system-(x86|arm|mips)$/);
  }
  t.regex(said(specOf('mipsel', ext4)), /-chardev socket,id=shell,path=\/s -serial chardev:shell/);
  t.regex(said(specOf('armhf', ext4)), /-chardev socket,id=shell,path=\/s -device pci-serial,chardev=shell/);
  t.true(kernelWords(specOf('mipsel', ext4)).includes('labshell=ttyS1'));
  t.true(kernelWords(specOf('armhf', ext4)).includes('labshell=ttyS0'));
});

test('a disk plays flash where no memory can', (t) => {
  for (const arch of ['i386', 'mipsel'] as const) {
    const spec = specOf(arch, jffs2);
    t.deepEqual(initramfsSettings(spec).flash, [
      { driver: 'block2mtd', parameters: '/dev/vdb,65536,rootfs_data' },
    ]);
    t.true(modulesFor(spec).includes('block2mtd') && !modulesFor(spec).includes('phram'));
    t.notRegex(said(spec), /nvdimm/);
  }
});

test('what a processor cannot be asked is refused by name', (t) => {
  t.regex(refusal(() => specOf('aarch64', jffs2)) ?? '', /cannot have flash on aarch64/);
  t.regex(
    refusal(() => specOf('mipsel', ext4, { exact: { seed: 1 } })) ?? '',
    /counted instructions on mipsel/,
  );
});
