/**
 * The lab's own kernel, built from Debian's kernel source: file systems, flash and disks built in, so that a virtual board
 * boots the way a real one does (the kernel mounts the root and executes init=, no initramfs), with cramfs, and in half
 * the time.
 *
 * In: Debian's linux-source package, own-x86_64.config, the compiler of this machine. Out: OwnKernel in the cache, named
 * by those three. Building takes several processor minutes and needs 2 GB under the cache while it lasts.
 */
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { debianPackageVersion, downloadDebianPackage, unpackDebianPackage } from '../../system/apt.ts';
import { cached } from '../../system/cache.ts';
import { packageRoot } from '../../system/package-root.ts';
import { runTool } from '../../system/process.ts';
import { requireTool } from '../../system/tools.ts';
import type { KernelOptions, OwnKernel } from './kernel.ts';

const sourcePackage = 'linux-source-6.1';

/** Without these the kernel cannot be configured or linked; missing ones are reported before anything is fetched. */
const neededTools = ['make', 'gcc', 'ld', 'flex', 'bison', 'bc', 'tar', 'xz', 'nice', 'dpkg-deb'] as const;

/**
 * The kernel, built when the cache does not have it.
 * @throws Failure OVL401 without a compiler, OVL406 without the source, OVL405 when the build fails
 */
export async function ownKernel(options: KernelOptions = {}): Promise<OwnKernel> {
  for (const tool of neededTools) requireTool(tool);
  const deb = await downloadDebianPackage(sourcePackage, {
    onFetch: () => options.onProgress?.(`fetching ${sourcePackage} (139 MB)`),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const version = await debianPackageVersion(deb);
  const fragment = join(packageRoot(), 'src', 'lab', 'kernel', 'own-x86_64.config');
  const compiler = await runTool('gcc', ['--version']);
  const digest = createHash('sha256');
  for (const part of [version, await readFile(fragment), compiler]) digest.update(part).update('\0');
  const key = join('kernel', `own-x86_64-${digest.digest('hex').slice(0, 32)}`);
  const folder = await cached(key, (work) => build(deb, fragment, work, options), {
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    onWait: () => options.onProgress?.('waiting for another process that builds the kernel'),
  });
  return { kind: 'own', vmlinux: join(folder, 'vmlinux'), version };
}

async function build(deb: string, fragment: string, work: string, options: KernelOptions): Promise<void> {
  const objects = join(work, 'objects');
  const source = await unpackSource(deb, join(work, 'package'), options);
  await mkdir(objects);
  await configure(source, objects, fragment, options);
  await checkConfiguration(fragment, join(objects, '.config'));
  await compile(source, objects, options);
  await copyFile(join(objects, 'vmlinux'), join(work, 'vmlinux'));
  await copyFile(join(objects, '.config'), join(work, 'config'));
  for (const folder of ['package', 'objects']) await rm(join(work, folder), { recursive: true });
}

async function unpackSource(
  deb: string,
  tree: string,
  { onProgress, signal }: KernelOptions,
): Promise<string> {
  onProgress?.('unpacking the kernel source');
  await unpackDebianPackage(deb, tree);
  const parent = join(tree, 'usr', 'src');
  const archive = (await readdir(parent)).find((name) => name.endsWith('.tar.xz'));
  if (archive === undefined) throw new Error(`no source in ${deb}`);
  await runTool('tar', ['-xf', archive], { cwd: parent, ...(signal === undefined ? {} : { signal }) });
  return join(parent, archive.slice(0, -'.tar.xz'.length));
}

/** tinyconfig, then our words behind it: of two values for one name kconfig takes the later. */
async function configure(
  source: string,
  objects: string,
  fragment: string,
  { onProgress, signal }: KernelOptions,
): Promise<void> {
  onProgress?.('configuring the kernel');
  const make = ['-s', '-C', source, `O=${objects}`, 'ARCH=x86_64'];
  const options = signal === undefined ? {} : { signal };
  await runTool('make', [...make, 'tinyconfig'], options);
  const config = join(objects, '.config');
  await writeFile(config, Buffer.concat([await readFile(config), await readFile(fragment)]));
  await runTool('make', [...make, 'olddefconfig'], options);
}

/** kconfig drops silently what it cannot have; a kernel without it would only fail on a board. */
async function checkConfiguration(fragment: string, config: string): Promise<void> {
  const have = new Set((await readFile(config, 'utf8')).split('\n'));
  const wanted = (await readFile(fragment, 'utf8')).split('\n').filter((line) => /^CONFIG_/.test(line));
  const lost = wanted.filter((line) => !have.has(line));
  if (lost.length > 0) throw new Error(`the kernel's configuration does not take ${lost.join(', ')}`);
}

/** Niced: it takes minutes, and a virtual board beside it has deadlines. */
async function compile(
  source: string,
  objects: string,
  { onProgress, signal }: KernelOptions,
): Promise<void> {
  const started = Date.now();
  let compiled = 0;
  await runTool(
    'nice',
    ['make', `-j${availableParallelism()}`, '-C', source, `O=${objects}`, 'ARCH=x86_64', 'vmlinux'],
    {
      ...(signal === undefined ? {} : { signal }),
      // The date and the host's name would make every build another kernel.
      env: { KBUILD_BUILD_TIMESTAMP: '@0', KBUILD_BUILD_USER: 'overlaykit', KBUILD_BUILD_HOST: 'lab' },
      onLine: (line) => {
        if (!/^ {2}(CC|AS|LD|AR) /.test(line)) return;
        compiled += 1;
        if (compiled % 50 === 0)
          onProgress?.(`building the kernel: ${compiled} files, ${seconds(started)} s`);
      },
    },
  );
  const size = (await stat(join(objects, 'vmlinux'))).size;
  onProgress?.(`built the kernel in ${seconds(started)} s (${Math.round(size / 1e6)} MB)`);
}

function seconds(since: number): number {
  return Math.round((Date.now() - since) / 1000);
}
