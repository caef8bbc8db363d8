/**
 * The initramfs with which a stock kernel starts: busybox, the wanted modules with all they depend on, and init. What
 * differs from boot to boot (which root, which flash) is a second, small archive behind it.
 *
 * In: a StockKernel. Out: bytes or a file in the cache, reproducible.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { cached } from '../../system/cache.ts';
import { packageRoot } from '../../system/package-root.ts';
import { runTool } from '../../system/process.ts';
import { staticBusybox } from '../roots/busybox-program.ts';
import { type CpioEntry, cpioArchive } from './cpio.ts';
import type { StockKernel } from './kernel.ts';

const applets = [
  'sh',
  'echo',
  'insmod',
  'ln',
  'losetup',
  'mkdir',
  'mount',
  'poweroff',
  'switch_root',
  'umount',
  'usleep',
];

/** What a boot mounts and makes; see initramfs-init.sh. */
export interface BootSettings {
  /** Block device that holds the root. */
  readonly rootDevice: string;
  readonly rootType: string;
  readonly init: string;
  /** The root's bytes when it is to lie in memory instead of on a disk. */
  readonly rootInMemory?: Uint8Array;
  readonly modules: readonly string[];
  readonly flash: readonly FlashCommand[];
  readonly links: readonly { readonly path: string; readonly device: string }[];
}

/** What is written to /sys/module/DRIVER/parameters/DRIVER. */
export interface FlashCommand {
  readonly driver: 'phram' | 'block2mtd';
  readonly parameters: string;
}

/**
 * The path of the archive with busybox and modules, made when the cache does not have it.
 *
 * @param modules names as in modprobe; modules they depend on are added
 * @returns the file and the modules' file names in the order in which they have to be loaded
 * @throws Failure OVL407 when the kernel has no such module, OVL430 when busybox is not static
 */
export async function buildInitramfs(options: {
  readonly kernel: StockKernel;
  readonly modules: readonly string[];
}): Promise<{ readonly file: string; readonly loadOrder: readonly string[] }> {
  const paths = await inLoadOrder(options.kernel, options.modules);
  const loadOrder = paths.map((path) => basename(path).replace(/\.xz$/, ''));
  const init = await readFile(join(packageRoot(), 'src', 'lab', 'kernel', 'initramfs-init.sh'));
  const { program: busybox } = await staticBusybox(options.kernel.arch);
  const digest = createHash('sha256');
  for (const part of [options.kernel.version, ...paths, init, busybox]) digest.update(part).update('\0');
  const key = join('initramfs', digest.digest('hex').slice(0, 32));
  const folder = await cached(key, async (work) => {
    const modules = await unpackedModules(options.kernel, paths);
    await writeFile(join(work, 'base.cpio'), cpioArchive(baseEntries(init, busybox, modules)));
  });
  return { file: join(folder, 'base.cpio'), loadOrder };
}

/** The second archive: what this boot is like. Paths and parameters must not contain line feeds. */
export function settingsArchive(settings: BootSettings): Buffer {
  const values = {
    lab_root: settings.rootDevice,
    lab_rootfstype: settings.rootType,
    lab_init: settings.init,
    lab_root_in_memory: settings.rootInMemory === undefined ? 'no' : 'yes',
  };
  const quoted = Object.entries(values).map(([name, value]) => `${name}='${value.replaceAll("'", `'\\''`)}'`);
  return cpioArchive([
    { kind: 'directory', path: 'lab', mode: 0o755 },
    text('lab/settings', quoted),
    text('lab/modules', settings.modules),
    text(
      'lab/flash',
      settings.flash.map(({ driver, parameters }) => `${driver} ${parameters}`),
    ),
    text(
      'lab/links',
      settings.links.map(({ path, device }) => `${path} ${device}`),
    ),
    ...(settings.rootInMemory === undefined ? [] : [file('lab/root.img', 0o400, settings.rootInMemory)]),
  ]);
}

/**
 * modules.dep lists behind each module everything it needs, the directly needed first: read backwards, what is needed
 * comes before what needs it.
 */
async function inLoadOrder(kernel: StockKernel, names: readonly string[]): Promise<readonly string[]> {
  const lines = (await readFile(join(kernel.modulesDir, 'modules.dep'), 'utf8')).split('\n');
  const needs = new Map<string, readonly string[]>();
  for (const line of lines) {
    const [path = '', rest = ''] = line.split(':');
    needs.set(moduleName(path), [path, ...rest.split(' ').filter((dependency) => dependency !== '')]);
  }
  const builtin = await readFile(join(kernel.modulesDir, 'modules.builtin'), 'utf8');
  const builtins = new Set(builtin.split('\n').map(moduleName));
  const ordered = names.flatMap((name) => {
    const paths = needs.get(name.replaceAll('-', '_'));
    if (paths !== undefined) return paths.toReversed();
    if (builtins.has(name.replaceAll('-', '_'))) return [];
    throw noModule(kernel.version, name);
  });
  return [...new Set(ordered)];
}

/** "kernel/fs/ext4/ext4.ko.xz" is ext4; "-" and "_" are the same in names of modules. */
function moduleName(path: string): string {
  return basename(path)
    .replace(/\.ko(\.\w+)?$/, '')
    .replaceAll('-', '_');
}

/** busybox's insmod takes no compressed modules. */
async function unpackedModules(kernel: StockKernel, paths: readonly string[]): Promise<readonly CpioEntry[]> {
  const work = await mkdtemp(join(tmpdir(), 'overlaykit-modules-'));
  try {
    for (const path of paths) await copyFile(join(kernel.modulesDir, path), join(work, basename(path)));
    const packed = (await readdir(work)).filter((name) => name.endsWith('.xz'));
    if (packed.length > 0) await runTool('xz', ['-d', '--', ...packed], { cwd: work });
    const names = paths.map((path) => basename(path).replace(/\.xz$/, ''));
    return await Promise.all(
      names.map(async (name) => file(`modules/${name}`, 0o644, await readFile(join(work, name)))),
    );
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

function baseEntries(
  init: Uint8Array,
  busybox: Uint8Array,
  modules: readonly CpioEntry[],
): readonly CpioEntry[] {
  const folders = ['bin', 'dev', 'modules', 'newroot', 'proc', 'sys'];
  return [
    ...folders.map((path) => ({ kind: 'directory', path, mode: 0o755 }) as const),
    // The kernel opens /dev/console for init before anything is mounted.
    { kind: 'char-device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    file('init', 0o755, init),
    file('bin/busybox', 0o755, busybox),
    ...applets.map((name) => ({ kind: 'symlink', path: `bin/${name}`, target: 'busybox' }) as const),
    ...modules,
  ];
}

function file(path: string, mode: number, data: Uint8Array): CpioEntry {
  return { kind: 'file', path, mode, data };
}

function text(path: string, lines: readonly string[]): CpioEntry {
  const unfit = lines.find((line) => /[\n\r\0]/.test(line));
  if (unfit !== undefined) throw new Error(`not a line: ${JSON.stringify(unfit)}`);
  return file(path, 0o644, Buffer.from(lines.map((line) => `${line}\n`).join('')));
}

function noModule(version: string, name: string): Failure {
  return new Failure({
    code: 'OVL407',
    severity: 'error',
    message: `the kernel ${version} has no module "${name}"`,
    because: "Debian's kernel was built without it, or the lab does not keep that module",
    fix: "boot with the lab's own kernel (--machine qemu-own-kernel)",
  });
}
