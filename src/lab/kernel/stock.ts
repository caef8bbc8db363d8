/**
 * Debian's kernel for virtual boards, out of its package, nothing installed: the kernel, and those modules that the machines
 * have hardware for.
 *
 * In: the network once, then the cache. Out: StockKernel.
 */
import { copyFile, cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { debianDependencies, downloadDebianPackage, unpackDebianPackage } from '../../system/apt.ts';
import { cached } from '../../system/cache.ts';
import { runTool } from '../../system/process.ts';
import { packagesFor } from '../foreign.ts';
import { type Hardware, x86_64 } from '../hardware.ts';
import type { KernelOptions, StockKernel } from './kernel.ts';
import { extractVmlinux } from './vmlinux.ts';

/** Changes when what is kept of a package changes, so that an older cache is not used. */
const recipe = 1;

/** What is kept of 400 MB of modules: file systems, flash, disks, virtual devices, and what those need. */
const keptModules = [
  'arch',
  'crypto',
  'fs',
  'lib',
  'mm',
  'net/core',
  'drivers/block',
  'drivers/char',
  'drivers/crypto',
  'drivers/dax',
  'drivers/md',
  'drivers/mtd',
  'drivers/net/net_failover',
  'drivers/net/virtio_net',
  'drivers/nvdimm',
  'drivers/virtio',
] as const;

/**
 * The newest Debian kernel for a processor that the sources had when it was fetched first.
 * @throws Failure OVL406 when the package cannot be fetched, OVL407 when it has an unexpected form
 */
export async function stockKernel(
  options: KernelOptions = {},
  hardware: Hardware = x86_64,
): Promise<StockKernel> {
  const key = join('kernel', `stock-${hardware.kernel.architecture}-${recipe}`);
  const folder = await cached(key, (work) => unpackKernel(work, hardware, options), {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onWait: () => options.onProgress?.('waiting for another process that fetches the kernel'),
  });
  const version = (await readFile(join(folder, 'version'), 'utf8')).trim();
  return {
    kind: 'stock',
    arch: hardware.arch,
    vmlinux: join(folder, 'vmlinux'),
    modulesDir: join(folder, 'lib', 'modules', version),
    version,
  };
}

async function unpackKernel(
  work: string,
  hardware: Hardware,
  { signal, onProgress }: KernelOptions,
): Promise<void> {
  const { architecture, package: metaPackage, signed, megabytes } = hardware.kernel;
  const packages = packagesFor(architecture, signal);
  onProgress?.("finding Debian's kernel");
  const image = (await debianDependencies(metaPackage, packages))
    .map((name) => name.replace(/:.*/, ''))
    .find((name) => /^linux-image-\d/.test(name));
  if (image === undefined) throw notAKernel(metaPackage, 'it depends on no kernel image');
  // The unsigned one has the same kernel; the signed one only adds a signature for secure boot.
  const name = signed ? `${image}-unsigned` : image;
  const deb = await downloadDebianPackage(name, {
    ...packages,
    onFetch: () => onProgress?.(`fetching ${image} (${megabytes} MB)`),
  });
  onProgress?.('unpacking the kernel');
  const tree = join(work, 'package');
  await unpackDebianPackage(deb, tree);
  const version = image.slice('linux-image-'.length);
  await takeKernel(join(tree, 'boot', `vmlinuz-${version}`), join(work, 'vmlinux'), hardware);
  await keepModules(tree, join(work, 'lib', 'modules', version), version);
  await runTool('depmod', ['-b', work, version]);
  await writeFile(join(work, 'version'), `${version}\n`);
  await rm(tree, { recursive: true });
}

/** Elsewhere than on x86 what the package has unpacks itself in a fraction of a second, or is not packed. */
async function takeKernel(vmlinuz: string, out: string, { machine }: Hardware): Promise<void> {
  if (machine === x86_64.machine) return extractVmlinux(vmlinuz, out);
  const kernel = await stat(vmlinuz).catch(() => undefined);
  if (kernel?.isFile() !== true) throw notAKernel(vmlinuz, 'it has no kernel where Debian puts them');
  await copyFile(vmlinuz, out);
}

async function keepModules(tree: string, target: string, version: string): Promise<void> {
  const source = await modulesOf(tree, version);
  await mkdir(target, { recursive: true });
  for (const file of ['modules.builtin', 'modules.builtin.modinfo', 'modules.order']) {
    await cp(join(source, file), join(target, file));
  }
  for (const path of keptModules) await keep(join(source, 'kernel'), join(target, 'kernel'), path);
}

/** `path` names a folder, or a module without its suffixes. */
async function keep(from: string, to: string, path: string): Promise<void> {
  const parent = path.slice(0, path.lastIndexOf('/') + 1);
  const name = path.slice(parent.length);
  const found = (await readdir(join(from, parent)).catch(() => [])).filter(
    (entry) => entry === name || entry.startsWith(`${name}.ko`),
  );
  for (const entry of found) {
    await mkdir(join(to, parent), { recursive: true });
    await rename(join(from, parent, entry), join(to, parent, entry));
  }
}

/** Debian 13 moved /lib to /usr/lib inside the packages too. */
async function modulesOf(tree: string, version: string): Promise<string> {
  for (const lib of ['lib', 'usr/lib']) {
    const folder = join(tree, lib, 'modules', version);
    if (await stat(folder).catch(() => undefined)) return folder;
  }
  throw notAKernel(`linux-image-${version}`, 'it has no modules');
}

function notAKernel(name: string, because: string): Failure {
  return new Failure({
    code: 'OVL407',
    severity: 'error',
    message: `the package "${name}" is not a kernel the lab can use`,
    because,
    fix: 'give a Debian mirror in OVL_APT_SOURCES',
  });
}
