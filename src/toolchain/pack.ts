/**
 * `npm pack` runs this: one helper for each architecture into prebuilt/, with the licences of what is linked into them. The
 * folder is made beside it first, so that it is there complete or as it was.
 */
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { verbsSuffix } from '../shared/helper-protocol.ts';
import { packageRoot } from '../system/package-root.ts';
import { scriptCompiler } from './bytecode.ts';
import { muslSource } from './c-library.ts';
import { hostCompiler } from './compiler.ts';
import { engineSource } from './engine.ts';
import { buildHelper, helperPlaces } from './helper.ts';
import { placesFile } from './places.ts';
import { type PrebuiltIndex, prebuiltFolder, sourcesDigest } from './prebuilt.ts';
import { type Architecture, targets } from './targets.ts';

/**
 * Makes prebuilt/ anew.
 * @param root folder of the package
 * @param say gets a line of progress
 * @throws Failure OVL451 to OVL459 where a helper cannot be built
 */
export async function packHelpers(root: string, say: (line: string) => void): Promise<void> {
  const final = join(root, prebuiltFolder);
  const work = await mkdtemp(`${final}-`);
  try {
    const helpers: Record<string, string> = {};
    let verbs = '';
    for (const arch of Object.keys(targets) as Architecture[]) {
      // Not by a compiler that CROSS_COMPILE names: it is for one processor at most.
      const built = await buildHelper({ arch, crossCompile: '', fromSource: true, progress: say });
      await mkdir(join(work, arch));
      await copyFile(built.path, join(work, arch, 'overlay_helper'));
      await chmod(join(work, arch, 'overlay_helper'), 0o755);
      await copyFile(built.verbs.path, join(work, arch, `overlay_helper${verbsSuffix}`));
      await chmod(join(work, arch, `overlay_helper${verbsSuffix}`), 0o644);
      helpers[arch] = built.sha256;
      verbs = built.verbs.sha256;
      say(`${arch}: ${built.bytes} bytes`);
    }
    const source = await engineSource(process.env.OVL_QUICKJS_SOURCE);
    await copyFile(join(source, 'LICENSE'), join(work, 'LICENSE.quickjs'));
    await copyFile(join(await muslSource({}), 'COPYRIGHT'), join(work, 'COPYRIGHT.musl'));
    await writeFile(
      join(work, placesFile),
      JSON.stringify(await helperPlaces(await scriptCompiler(source, await hostCompiler()))),
    );
    const index: PrebuiltIndex = { sources: await sourcesDigest(root), helpers, verbs };
    await writeFile(join(work, 'index.json'), `${JSON.stringify(index, undefined, 2)}\n`);
    await chmod(work, 0o755);
    await rm(final, { recursive: true, force: true });
    await rename(work, final);
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    throw error;
  }
}

if (process.argv[1] === import.meta.filename) {
  await packHelpers(packageRoot(), (line) => {
    process.stderr.write(`${line}\n`);
  });
}
