/**
 * Debian's kernel for virtual boards, out of its package, nothing installed: the ELF kernel, and those modules that the
 * machines have hardware for.
 *
 * In: the network once, then the cache. Out: StockKernel.
 */
import { cp, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { debianDependencies, downloadDebianPackage, unpackDebianPackage } from '../../system/apt.ts';
import { cached } from '../../system/cache.ts';
import { runTool } from '../../system/process.ts';
import type { KernelOptions, StockKernel } from './kernel.ts';
import { extractVmlinux } from './vmlinux.ts';

const metaPackage = 'linux-image-amd64';

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
 * The newest Debian kernel that this machine's sources had when it was fetched first.
 * @throws Failure OVL406 when the package cannot be fetched, OVL407 when it has an unexpected form
 */
export async function stockKernel(options: KernelOptions = {}): Promise<StockKernel> {
  const folder = await cached(join('kernel', `stock-amd64-${recipe}`), (work) => unpackKernel(work, options));
  const version = (await readFile(join(folder, 'version'), 'utf8')).trim();
  return {
    kind: 'stock',
    vmlinux: join(folder, 'vmlinux'),
    modulesDir: join(folder, 'lib', 'modules', version),
    version,
  };
}

async function unpackKernel(work: string, { signal, onProgress }: KernelOptions): Promise<void> {
  const packages = signal === undefined ? {} : { signal };
  onProgress?.("finding Debian's kernel");
  const image = (await debianDependencies(metaPackage, packages)).find((name) =>
    /^linux-image-\d/.test(name),
  );
  if (image === undefined) throw notAKernel(metaPackage, 'it depends on no kernel image');
  // The unsigned one has the same kernel; the signed one only adds a signature for secure boot.
  const deb = await downloadDebianPackage(`${image}-unsigned`, {
    ...packages,
    onFetch: () => onProgress?.(`fetching ${image} (70 MB)`),
  });
  onProgress?.('unpacking the kernel');
  const tree = join(work, 'package');
  await unpackDebianPackage(deb, tree);
  const version = image.slice('linux-image-'.length);
  await extractVmlinux(join(tree, 'boot', `vmlinuz-${version}`), join(work, 'vmlinux'));
  await keepModules(tree, join(work, 'lib', 'modules', version), version);
  await runTool('depmod', ['-b', work, version]);
  await writeFile(join(work, 'version'), `${version}\n`);
  await rm(tree, { recursive: true });
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
  throw notAKernel(`linux-image-${version}-unsigned`, 'it has no modules');
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
