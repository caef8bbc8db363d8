/**
 * Builds overlay_helper: TypeScript → one script (esbuild) → bytecode (qjsc) → a static program with the engine and the
 * native module (a C compiler). The same inputs give the same bytes on any machine with the same compiler.
 *
 * In: an architecture. Out: the path of the program in the cache. Effects: the cache, compilers, the network at most once.
 */
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../bundle/digest.ts';
import { cached } from '../system/cache.ts';
import { packageRoot, packageVersion } from '../system/package-root.ts';
import { checkBuilt } from './built.ts';
import { compileScripts, scriptCompiler } from './bytecode.ts';
import { type Compiler, hostCompiler, targetCompiler } from './compiler.ts';
import { engine, engineSource, type FetchOptions } from './engine.ts';
import { linkProgram, releaseStyle } from './link.ts';
import { protocolHeader, type Scripts } from './protocol.ts';
import { bundleScript } from './script.ts';
import { type Architecture, targetFor } from './targets.ts';

export interface HelperOptions extends FetchOptions {
  readonly arch: Architecture;
  /** Prefix of the compiler's name, such as "mips-openwrt-linux-musl-"; the default is $CROSS_COMPILE. */
  readonly crossCompile?: string;
  /** Folder with the engine's source; the default is $OVL_QUICKJS_SOURCE, else Debian's package. */
  readonly engineSource?: string;
}

export interface BuiltHelper {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

const fileName = 'overlay_helper';

/**
 * The helper for an architecture, from the cache where its inputs have not changed.
 * @throws Failure OVL450 to OVL457
 */
export async function buildHelper(options: HelperOptions): Promise<BuiltHelper> {
  const target = targetFor(options.arch);
  const prefix = options.crossCompile ?? process.env.CROSS_COMPILE;
  const compiler = await targetCompiler(target, prefix === '' ? undefined : prefix);
  const scripts = await helperScripts();
  const native = join(packageRoot(), 'src', 'helper', 'native');
  const key = await inputsDigest(options.arch, compiler, target.flags, scripts, native);
  const folder = await cached(join('helper', options.arch, key), async (final) => {
    const named = options.engineSource ?? process.env.OVL_QUICKJS_SOURCE;
    const source = await engineSource(named, options);
    options.progress?.(`building overlay_helper for ${options.arch} with QuickJS ${engine.version}`);
    const work = join(final, 'work');
    await mkdir(work);
    await compileScripts(await scriptCompiler(source, await hostCompiler()), scripts, work);
    await linkProgram({ source, native, compiler, flags: target.flags, style: releaseStyle }, work, fileName);
    await checkBuilt(join(work, fileName), target);
    await rename(join(work, fileName), join(final, fileName));
    await rm(work, { recursive: true });
  });
  const path = join(folder, fileName);
  const content = await readFile(path);
  return { path, bytes: content.length, sha256: sha256(content) };
}

/** The helper's TypeScript as its two scripts. */
export async function helperScripts(): Promise<Scripts> {
  const version = `${packageVersion()}, QuickJS ${engine.version}`;
  const entry = (name: string): string => join(packageRoot(), 'src', 'helper', name);
  return {
    boot: await bundleScript(entry('boot-main.ts'), {}),
    board: await bundleScript(entry('board-main.ts'), { HELPER_VERSION: version }),
  };
}

/** Everything that the bytes of the result depend on. */
async function inputsDigest(
  arch: Architecture,
  compiler: Compiler,
  flags: readonly string[],
  scripts: Scripts,
  native: string,
): Promise<string> {
  const names = (await readdir(native)).sort();
  const files = await Promise.all(names.map((name) => readFile(join(native, name), 'utf8')));
  const inputs = [arch, engine.treeDigest, compiler.identity, flags, releaseStyle, scripts, protocolHeader()];
  return sha256(JSON.stringify([...inputs, names, files]));
}
