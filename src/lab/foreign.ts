/**
 * Programs of other processors for the lab, out of Debian's packages, nothing installed.
 *
 * In: the network once, then the cache. Out: the bytes of a program.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { downloadDebianPackage, type PackageOptions, unpackDebianPackage } from '../system/apt.ts';
import { cached } from '../system/cache.ts';
import type { Architecture } from '../toolchain/targets.ts';
import { rowOf, x86_64 } from './hardware.ts';

/**
 * The release that still has all of them: Debian 13 has no mipsel. Named, it is also asked for in one place of the archive only;
 * the places of one architecture that few mirrors serve are not always of the same hour.
 */
const suite = 'bookworm';

/** How the packages of one of Debian's architectures are asked for; those of amd64 come from wherever this machine's do. */
export function packagesFor(architecture: string, signal?: AbortSignal): PackageOptions {
  return {
    ...(architecture === x86_64.debian ? {} : { architecture, suite }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/**
 * A program out of a package of another processor.
 * @param path where the package has it, such as "bin/busybox"
 * @throws Failure OVL406 when the package cannot be fetched
 */
export async function foreignProgram(arch: Architecture, name: string, path: string): Promise<Buffer> {
  const { debian } = rowOf(arch);
  const folder = await cached(join('programs', debian, name), async (work) => {
    await unpackDebianPackage(await downloadDebianPackage(name, packagesFor(debian)), work);
  });
  return readFile(join(folder, path));
}
