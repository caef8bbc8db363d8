/**
 * `npm run build`: src/cli/main.ts → dist/ovl.js, what npm installs as the command `ovl`. Every command becomes a file of
 * its own that is loaded only when it is asked for; packages stay packages.
 *
 * dist/ is made in another folder first, so that an `ovl` that runs meanwhile never sees half of it.
 */
import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { packageRoot } from '../system/package-root.ts';

/** Builds dist/ anew; returns the path of dist/ovl.js. */
export async function buildDist(root: string = packageRoot()): Promise<string> {
  const final = join(root, 'dist');
  const work = await mkdtemp(`${final}-`);
  try {
    await bundle(root, work);
    await chmod(work, 0o755);
    await chmod(join(work, 'ovl.js'), 0o755);
    await exchange(work, final);
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
  return join(final, 'ovl.js');
}

/** Renames the new folder to the old one's place, which is missing only between two renames. */
async function exchange(fresh: string, place: string): Promise<void> {
  const old = `${fresh}.old`;
  await rename(place, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
  await rename(fresh, place);
  await rm(old, { recursive: true, force: true });
}

async function bundle(root: string, outdir: string): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: { ovl: 'src/cli/main.ts' },
    outdir,
    bundle: true,
    splitting: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    // The oldest Node of package.json's engines.
    target: 'node20.19',
    sourcemap: 'linked',
    sourcesContent: true,
    logLevel: 'warning',
  });
}

if (process.argv[1] === import.meta.filename) await buildDist();
