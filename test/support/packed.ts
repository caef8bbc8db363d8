/** What a user gets: the package as `npm pack` makes it of a clean copy of the checkout, and as npm installs it without a registry. */
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { execa } from 'execa';
import { cacheDir } from '../../src/system/cache.ts';
import { packageRoot } from '../../src/system/package-root.ts';

/** What is made in a checkout, and no part of a clean one. */
const made = /^(node_modules|\.git|(dist|prebuilt)(-.*)?|build)$/;

/** Only what npm needs: no settings of whoever runs the tests, and no registry. */
function npmEnvironment(home: string): Record<string, string> {
  return {
    PATH: process.env.PATH ?? '',
    HOME: home,
    OVL_CACHE: cacheDir(),
    npm_config_offline: 'true',
    npm_config_update_notifier: 'false',
    ...(process.env.OVL_APT_SOURCES === undefined ? {} : { OVL_APT_SOURCES: process.env.OVL_APT_SOURCES }),
  };
}

export interface Packed {
  /** Path of the tarball. */
  readonly tarball: string;
  /** The copy that it was made of. */
  readonly checkout: string;
}

/**
 * Packs a copy of the checkout.
 * @param folder where all of it goes
 * @param litter files that lie about in the copy, by path
 */
export async function packCopy(folder: string, litter: Readonly<Record<string, string>>): Promise<Packed> {
  const checkout = join(folder, 'check out ü');
  await mkdir(checkout);
  const root = packageRoot();
  for (const name of await readdir(root)) {
    if (!made.test(name)) await cp(join(root, name), join(checkout, name), { recursive: true });
  }
  await symlink(join(root, 'node_modules'), join(checkout, 'node_modules'));
  for (const [path, text] of Object.entries(litter)) {
    await mkdir(dirname(join(checkout, path)), { recursive: true });
    await writeFile(join(checkout, path), text);
  }
  const out = join(folder, 'out');
  await mkdir(out);
  await execa('npm', ['pack', '--pack-destination', out], {
    cwd: checkout,
    env: npmEnvironment(folder),
    extendEnv: false,
    stdin: 'ignore',
  });
  const [tarball = ''] = await readdir(out);
  return { tarball: join(out, tarball), checkout };
}

interface Locked {
  readonly version: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  /** Commands that it brings: where in it each is. */
  readonly bin?: Readonly<Record<string, string>>;
}

/**
 * Installs a tarball in a folder of its own, whose packages come from the checkout's; returns that folder. npm finds there all
 * that the tarball depends on, in versions that it takes, and so needs no registry.
 */
export async function installPacked(folder: string, tarball: string): Promise<string> {
  const project = await mkdtemp(join(folder, 'project-'));
  const root = packageRoot();
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, Locked>>;
  };
  const wanted = Object.entries(lock.packages).filter(([path, { dev }]) => path !== '' && dev !== true);
  const commands = join(project, 'node_modules', '.bin');
  await mkdir(commands, { recursive: true });
  for (const [path, { optional, bin }] of wanted) {
    const copy = cp(join(root, path), join(project, path), { recursive: true });
    // esbuild's for other machines.
    await (optional === true ? copy.catch(absent) : copy);
    // A package without these npm would fetch anew.
    for (const [name, file] of Object.entries(bin ?? {}))
      await symlink(relative(commands, join(project, path, file)), join(commands, name));
  }
  // What nobody depends on npm would take away first, and then ask the registry for it.
  const dependencies = Object.fromEntries(
    wanted.flatMap(([path, { version }]) => {
      const [, name] = /^node_modules\/((?:@[^/]+\/)?[^/]+)$/.exec(path) ?? [];
      return name === undefined || !existsSync(join(project, path)) ? [] : [[name, version]];
    }),
  );
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, dependencies }));
  await execa('npm', ['install', tarball], {
    cwd: project,
    env: npmEnvironment(folder),
    extendEnv: false,
    stdin: 'ignore',
  });
  return project;
}

function absent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error;
}

/** Another folder for the whole of it. */
export function packFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'ovl-pack-'));
}
