/**
 * The lab's own small root: a real userland (busybox, statically linked) with busybox init, a shell on the console, the
 * lab shell, and sample files. It is the board's firmware in the fast tests and in the demo.
 *
 * In: options. Out: a squashfs or cramfs image, made without being root, the same bytes every time.
 */
import type { Architecture } from '../../toolchain/targets.ts';
import { labShellPath, labShellScript } from '../labshell.ts';
import { busyboxProgram } from './busybox-program.ts';
import {
  cramfsImage,
  type RootImage,
  type RootImageType,
  type SquashfsCompression,
  squashfsImage,
} from './image.ts';
import { inittab, profile, rcK, rcS } from './init-scripts.ts';
import { charDevice, directory, file, type RootFile, rootTree, symlink } from './root-file.ts';
import { sampleFiles } from './sample-files.ts';

const initPath = '/sbin/init';

/** The empty directories that a boot mounts on, and that a board may lack. */
export const mountPoints = ['/proc', '/sys', '/dev', '/run', '/tmp', '/mnt', '/overlay', '/rom'] as const;
export type MountPoint = (typeof mountPoints)[number];

/**
 * What `/sbin/init` is. `missing`: nothing there. `not-executable`: a file without its x bits. `wrong-format`: executable,
 * but neither a script nor a program (execve says ENOEXEC). `dangling`: a symbolic link to nothing. `exits`: a program
 * that ends at once with code 7, after which a kernel panics.
 */
export type InitVariant = 'busybox' | 'missing' | 'not-executable' | 'wrong-format' | 'dangling' | 'exits';

export interface BusyboxRootOptions {
  readonly type: RootImageType;
  /** Path of the image that is written. */
  readonly out: string;
  /** How squashfs compresses; cramfs always uses zlib. */
  readonly compression?: SquashfsCompression;
  /** Put in last: they replace the root's own entries of the same path. */
  readonly files?: readonly RootFile[];
  readonly init?: InitVariant;
  /** The processor that its programs are for; x86-64 by default. */
  readonly arch?: Architecture;
  /** Applets that this board's busybox does not have, such as "pivot_root". */
  readonly withoutApplets?: readonly string[];
  readonly withoutMountPoints?: readonly MountPoint[];
  /** Whether the sample files are put in (0.3 MB of noise, a deep tree); they are by default. */
  readonly samples?: boolean;
}

/**
 * Makes the image.
 * @throws Failure OVL401 when busybox or the image tool is not installed, OVL430 when this busybox is not static
 */
export async function busyboxRoot(options: BusyboxRootOptions): Promise<RootImage> {
  const tree = await busyboxTree(options);
  return options.type === 'cramfs'
    ? cramfsImage(tree, options.out)
    : squashfsImage(tree, options.out, options.compression ?? 'gzip');
}

/** The root's tree as values: what the image will hold. */
export async function busyboxTree(
  options: Omit<BusyboxRootOptions, 'type' | 'out'>,
): Promise<readonly RootFile[]> {
  const init = options.init ?? 'busybox';
  const program = await busyboxProgram(options.withoutApplets ?? [], options.arch);
  return rootTree(
    emptyFolders(options.withoutMountPoints ?? []),
    deviceNodes(options.withoutMountPoints ?? []),
    init === 'missing' ? program.filter(({ path }) => path !== initPath) : program,
    configuration,
    initFiles(init),
    options.samples === false ? [] : sampleFiles,
    options.files ?? [],
  );
}

function emptyFolders(without: readonly MountPoint[]): readonly RootFile[] {
  const folders = mountPoints.filter((path) => !without.includes(path));
  return folders.map((path) => directory(path, path === '/tmp' ? 0o1777 : 0o755));
}

/** The kernel opens /dev/console for PID 1 on the bare root, before anything is mounted at /dev. */
function deviceNodes(without: readonly MountPoint[]): readonly RootFile[] {
  if (without.includes('/dev')) return [];
  return [charDevice('/dev/console', [5, 1], 0o600), charDevice('/dev/null', [1, 3], 0o666)];
}

const configuration: readonly RootFile[] = [
  directory('/root', 0o700),
  directory('/home/user'),
  directory('/var/log'),
  file('/etc/inittab', inittab),
  file('/etc/init.d/rcS', rcS, 0o755),
  file('/etc/init.d/rcK', rcK, 0o755),
  file('/etc/profile', profile),
  file('/etc/hostname', 'factory\n'),
  file('/etc/issue', 'overlaykit lab board\n'),
  file('/etc/passwd', 'root:x:0:0:root:/root:/bin/sh\nuser:x:1000:100:user:/home/user:/bin/sh\n'),
  file('/etc/group', 'root:x:0:\nusers:x:100:user\n'),
  file('/etc/shells', '/bin/sh\n'),
  symlink('/etc/mtab', '/proc/mounts'),
  symlink('/var/run', '/run'),
  symlink('/var/tmp', '/tmp'),
  file(labShellPath, labShellScript, 0o755),
];

/** Replaces busybox's own link at /sbin/init, which stands for the variant `busybox`. */
function initFiles(variant: InitVariant): readonly RootFile[] {
  switch (variant) {
    case 'busybox':
    case 'missing':
      return [];
    case 'not-executable':
      return [file(initPath, '#!/bin/sh\nexit 0\n', 0o644)];
    case 'wrong-format':
      return [file(initPath, 'neither a script nor a program\n', 0o755)];
    case 'dangling':
      return [symlink(initPath, '/nowhere/init')];
    case 'exits':
      return [file(initPath, '#!/bin/sh\nexit 7\n', 0o755)];
  }
}
