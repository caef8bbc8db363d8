/** The package in another folder, as npm might have installed it, to build the helper there. */
import { cp, mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { packageRoot } from '../../src/system/package-root.ts';

export interface PackageCopy {
  readonly folder: string;
  /** Evaluates a module there, with a cache of its own; gives back what it prints. */
  run(module: string, environment?: Readonly<Record<string, string>>): Promise<string>;
  remove(): Promise<void>;
}

/** Copies the package; the packages that it depends on are linked, but for those named. */
export async function copyPackage(...without: readonly string[]): Promise<PackageCopy> {
  const root = packageRoot();
  const folder = await mkdtemp(join(tmpdir(), 'ovl package ü-'));
  for (const name of ['src', 'rootfs-scripts', 'package.json']) {
    await cp(join(root, name), join(folder, name), { recursive: true });
  }
  await mkdir(join(folder, 'node_modules'));
  for (const name of await readdir(join(root, 'node_modules'))) {
    if (without.includes(name) || name.startsWith('.')) continue;
    await symlink(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  }
  return {
    folder,
    async run(module, environment = {}) {
      const loader = pathToFileURL(join(root, 'node_modules/tsx/dist/loader.mjs')).href;
      const env = { OVL_CACHE: join(folder, 'cache'), ...environment };
      const { stdout } = await execa('node', ['--import', loader, '--input-type=module', '--eval', module], {
        cwd: folder,
        env,
      });
      return stdout;
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
