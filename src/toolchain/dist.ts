/**
 * `npm run build`: src/cli/main.ts → dist/ovl.js, what npm installs as the command `ovl`. Every command becomes a file of
 * its own that is loaded only when it is asked for. Packages become part of it, since Node takes longer to find and open their
 * files than to run them, and their licences become dist/LICENSES (decision 0025).
 *
 * dist/ is made in another folder first, so that an `ovl` that runs meanwhile never sees half of it.
 */
import { chmod, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { packageRoot } from '../system/package-root.ts';
import { bundledPackages, licencesFile, licencesText } from './licences.ts';

/** Builds dist/ anew; returns the path of dist/ovl.js. */
export async function buildDist(root: string = packageRoot()): Promise<string> {
  const final = join(root, 'dist');
  const work = await mkdtemp(`${final}-`);
  try {
    await fill(root, work);
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

/** What stays a package: ssh2 is made of native parts where they were built, and esbuild is a program of its own. */
export const unbundled = ['ssh2', 'esbuild'];

/** Packages that are CommonJS ask for Node's own modules by a `require`, which a module does not have. */
const requireOfModules =
  "import { createRequire as createRequireOfPackages } from 'node:module';\n" +
  'const require = createRequireOfPackages(import.meta.url);';

/** Fills an empty folder with what dist/ holds; returns what esbuild says of it. */
export async function fill(root: string, outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: { ovl: 'src/cli/main.ts' },
    outdir,
    bundle: true,
    splitting: true,
    external: unbundled,
    banner: { js: requireOfModules },
    // Paths of packages are those in node_modules, wherever that is a link to: the files name no place of this machine.
    preserveSymlinks: true,
    format: 'esm',
    platform: 'node',
    // The oldest Node of package.json's engines.
    target: 'node20.19',
    sourcemap: 'linked',
    // Node reads the maps of all that it loads. The sources that they lead to are in the package.
    sourcesContent: false,
    metafile: true,
    logLevel: 'warning',
  });
  await writeFile(join(outdir, licencesFile), await licencesText(root, bundledPackages(metafile)));
  return metafile;
}

if (process.argv[1] === import.meta.filename) await buildDist();
