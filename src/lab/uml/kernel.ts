/**
 * Debian's user-mode Linux, out of its package, nothing installed: the kernel is a program, beside it lie its modules.
 *
 * In: the network once (41 MB), then the cache. Out: a StockKernel, whose vmlinux is that program.
 */
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { downloadDebianPackage, unpackDebianPackage } from '../../system/apt.ts';
import { cached } from '../../system/cache.ts';
import type { KernelOptions, StockKernel } from '../kernel/kernel.ts';

const packageName = 'user-mode-linux';

/** Changes when what is kept of the package changes, so that an older cache is not used. */
const recipe = 1;

/** What is kept of 105 MB of modules. There are no drivers for flash among them: UML has no memory-mapped hardware. */
const keptModules = ['crypto', 'fs', 'lib', 'drivers/block', 'drivers/md'] as const;

/**
 * The kernel that this machine's sources had when it was fetched first.
 * @throws Failure OVL406 when the package cannot be fetched, OVL407 when it has an unexpected form
 */
export async function umlKernel(options: KernelOptions = {}): Promise<StockKernel> {
  const folder = await cached(join('kernel', `uml-${recipe}`), (work) => unpackKernel(work, options));
  const modules = join(folder, 'modules');
  const version = (await readdir(modules))[0] ?? '';
  const vmlinux = join(folder, 'linux.uml');
  return { kind: 'stock', arch: 'x86_64', vmlinux, modulesDir: join(modules, version), version };
}

async function unpackKernel(work: string, { signal, onProgress }: KernelOptions): Promise<void> {
  onProgress?.(`fetching ${packageName} (41 MB)`);
  const deb = await downloadDebianPackage(packageName, signal === undefined ? {} : { signal });
  onProgress?.('unpacking the kernel');
  const tree = join(work, 'package');
  await unpackDebianPackage(deb, tree);
  try {
    await rename(join(tree, 'usr', 'bin', 'linux.uml'), join(work, 'linux.uml'));
    await keepModules(join(tree, 'usr', 'lib', 'uml', 'modules'), join(work, 'modules'));
  } catch (error) {
    throw notAKernel(error);
  }
  await rm(tree, { recursive: true });
}

async function keepModules(from: string, to: string): Promise<void> {
  const [version] = await readdir(from);
  if (version === undefined) throw new Error('it has no modules');
  await mkdir(join(to, version), { recursive: true });
  for (const name of ['modules.dep', 'modules.builtin', ...keptModules.map((path) => join('kernel', path))]) {
    await cp(join(from, version, name), join(to, version, name), { recursive: true });
  }
}

function notAKernel(cause: unknown): Failure {
  return new Failure(
    {
      code: 'OVL407',
      severity: 'error',
      message: `the package "${packageName}" is not a kernel the lab can use`,
      because: cause instanceof Error ? cause.message : String(cause),
      fix: 'give a Debian mirror in OVL_APT_SOURCES',
    },
    { cause },
  );
}
