/**
 * The processors that a virtual board in QEMU can have, one row each: which emulator and machine, which of Debian's
 * kernels, what plays flash. A board whose own processor is not here, or has no driver for its storage, is played on x86-64.
 *
 * In: a Board and what plays it. Out: Hardware. Pure.
 */
import type { Board } from '../board/schema.ts';
import type { ToolName } from '../system/tools.ts';
import type { Architecture } from '../toolchain/targets.ts';
import type { Machine } from './boot.ts';
import { type StorageNeed, storageNeed } from './storage.ts';

export interface Hardware {
  readonly arch: Architecture;
  readonly qemu: ToolName;
  /** Values of QEMU's -M and -cpu. */
  readonly machine: string;
  readonly cpu: string;
  /** Names in /dev of the two serial lines: the console, and the lab shell's. */
  readonly console: string;
  readonly shell: string;
  /** The card that has the lab shell's line, where the machine itself has only one. */
  readonly shellCard?: string;
  /** What the kernel has drivers for; see Storage in qemu/spec.ts. */
  readonly flash?: 'nor' | 'block2mtd';
  /** Debian's name of the architecture, whose programs the lab's own root is made of. */
  readonly debian: string;
  readonly kernel: DebianKernel;
}

/** Where the kernel comes from. */
export interface DebianKernel {
  readonly architecture: string;
  /** The package that depends on the newest kernel. */
  readonly package: string;
  /** Debian signs the kernels of machines with secure boot; beside those lie the same ones without a signature. */
  readonly signed: boolean;
  readonly megabytes: number;
}

const pc = { machine: 'pc', console: 'ttyS0', shell: 'ttyS1' } as const;

/** QEMU's machine without a model, of both ARM widths: one serial line of its own, and PCI. */
const virt = { machine: 'virt', console: 'ttyAMA0', shell: 'ttyS0', shellCard: 'pci-serial' } as const;

const arm32 = {
  ...virt,
  qemu: 'qemu-system-arm',
  cpu: 'cortex-a15',
  kernel: { architecture: 'armhf', package: 'linux-image-armmp-lpae', signed: false, megabytes: 43 },
} as const;

const rows: { readonly [A in Architecture]?: Hardware } = {
  x86_64: {
    ...pc,
    arch: 'x86_64',
    qemu: 'qemu-system-x86_64',
    cpu: 'max',
    flash: 'nor',
    debian: 'amd64',
    kernel: { architecture: 'amd64', package: 'linux-image-amd64', signed: true, megabytes: 70 },
  },
  i386: {
    ...pc,
    arch: 'i386',
    qemu: 'qemu-system-i386',
    cpu: 'pentium3',
    // The memory that a file plays begins at 4 GiB, where phram's ioremap fails in a 32-bit kernel (memtype_reserve, EINVAL).
    flash: 'block2mtd',
    debian: 'i386',
    kernel: { architecture: 'i386', package: 'linux-image-686-pae', signed: true, megabytes: 52 },
  },
  aarch64: {
    ...virt,
    arch: 'aarch64',
    qemu: 'qemu-system-aarch64',
    cpu: 'cortex-a53',
    debian: 'arm64',
    // A third of the size of linux-image-arm64, which has no driver for flash that this machine has either.
    kernel: { architecture: 'arm64', package: 'linux-image-cloud-arm64', signed: true, megabytes: 21 },
  },
  armhf: { ...arm32, arch: 'armhf', debian: 'armhf' },
  // Its programs on the other's kernel: of Debian's kernels for armel, QEMU plays the board of one, and not reliably.
  armel: { ...arm32, arch: 'armel', debian: 'armel' },
  mipsel: {
    arch: 'mipsel',
    qemu: 'qemu-system-mipsel',
    machine: 'malta',
    cpu: '24Kc',
    console: 'ttyS0',
    shell: 'ttyS1',
    // There is no memory beside the RAM that a file could play.
    flash: 'block2mtd',
    debian: 'mipsel',
    kernel: { architecture: 'mipsel', package: 'linux-image-4kc-malta', signed: false, megabytes: 45 },
  },
};

/** What the lab's own kernel, user-mode Linux and the sandbox are for, and what plays the boards without a row. */
export const x86_64 = rowOf('x86_64');

/** The row of an architecture that has one. */
export function rowOf(arch: Architecture): Hardware {
  const row = rows[arch];
  if (row === undefined) throw new RangeError(`the lab has no ${arch}`);
  return row;
}

/** The architectures that have a row. */
export const emulated = Object.keys(rows) as Architecture[];

/**
 * What a board is played on: its own processor where Debian's kernel for it can have the board's storage, else x86-64.
 * @throws Failure OVL412 when the lab cannot make such storage at all
 */
export function hardwareFor(board: Board, machine: Machine): Hardware {
  const own = machine === 'qemu' ? rows[board.arch as Architecture] : undefined;
  return own !== undefined && canHave(own, storageNeed(board)) ? own : x86_64;
}

/** block2mtd makes one device of a disk, which then is the first. */
function canHave({ flash }: Hardware, need: StorageNeed): boolean {
  return need.kind !== 'jffs2' || flash === 'nor' || (flash === 'block2mtd' && need.number === 0);
}
