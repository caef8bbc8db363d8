/**
 * Builds overlay_helper: TypeScript → two scripts (esbuild) → bytecode (qjsc) → a static program with the engine, the native
 * module and the script of a boot (a C compiler), and beside it a file with the verbs of a running board. The same inputs give the same bytes on any machine with the same compiler.
 *
 * In: an architecture. Out: the paths of both in the cache. Effects: the cache, compilers, the network at most once.
 */
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../bundle/digest.ts';
import { verbsSuffix } from '../shared/helper-protocol.ts';
import { cached } from '../system/cache.ts';
import { packageRoot, packageVersion } from '../system/package-root.ts';
import { checkBuilt } from './built.ts';
import { compileScripts, scriptCompiler, verbsFile } from './bytecode.ts';
import { compilersOwn, targetLibrary } from './c-library.ts';
import { cacheTrouble } from './cache-trouble.ts';
import { type Compiler, hostCompiler, targetCompiler } from './compiler.ts';
import { engine, engineSource, type FetchOptions } from './engine.ts';
import { linkProgram, releaseStyle } from './link.ts';
import { keepPlaces, type PlacesOfScripts, placesOf } from './places.ts';
import { findPrebuilt } from './prebuilt.ts';
import { protocolHeader, type Scripts } from './protocol.ts';
import { type Bundled, bundleWithMap } from './script.ts';
import { type Architecture, targetFor } from './targets.ts';

export interface HelperOptions extends FetchOptions {
  readonly arch: Architecture;
  /** Prefix of the compiler's name, such as "mips-openwrt-linux-musl-"; the default is $CROSS_COMPILE. */
  readonly crossCompile?: string;
  /** For that compiler: where its C library is, and flags of the board's. */
  readonly sysroot?: string;
  readonly flags?: readonly string[];
  /** Folder with the engine's source; the default is $OVL_QUICKJS_SOURCE, else Debian's package. */
  readonly engineSource?: string;
  /** Builds it where the package carries one too. */
  readonly fromSource?: boolean;
}

export interface BuiltHelper extends BuiltFile {
  /** The file that it reads the verbs of a running board from; it has to lie beside it. */
  readonly verbs: BuiltFile;
}

export interface BuiltFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

const fileName = 'overlay_helper';
const verbsName = `${fileName}${verbsSuffix}`;

/**
 * The helper for an architecture, from the cache where its inputs have not changed.
 * @throws Failure OVL450 to OVL459
 */
export async function buildHelper(options: HelperOptions): Promise<BuiltHelper> {
  try {
    return await build(options);
  } catch (error) {
    throw cacheTrouble(error) ?? error;
  }
}

async function build(options: HelperOptions): Promise<BuiltHelper> {
  const ready = await prebuiltHelper(options);
  if (ready !== undefined) return ready;
  const target = targetFor(options.arch);
  const named = options.crossCompile ?? process.env.CROSS_COMPILE ?? '';
  const compiler = await targetCompiler(options.arch, named === '' ? undefined : named);
  const flags = named === '' ? target.flags : ownFlags(options);
  const scripts = await helperScripts();
  const native = join(packageRoot(), 'src', 'helper', 'native');
  const key = await inputsDigest(options.arch, compiler, flags, scripts, native);
  const folder = await cached(
    join('helper', options.arch, key),
    async (final) => {
      const source = await engineSource(options.engineSource ?? process.env.OVL_QUICKJS_SOURCE, options);
      const library = named === '' ? await targetLibrary(compiler, target, options) : compilersOwn;
      options.progress?.(`building overlay_helper for ${options.arch} with QuickJS ${engine.version}`);
      const work = join(final, 'work');
      await mkdir(work);
      const qjsc = await scriptCompiler(source, await hostCompiler());
      await compileScripts(qjsc, scripts, work);
      for (const [name, places] of Object.entries(await helperPlaces(qjsc))) await keepPlaces(name, places);
      await linkProgram({ source, native, compiler, flags, style: releaseStyle, library }, work, fileName);
      await rename(join(work, verbsFile), join(work, verbsName));
      await checkBuilt(join(work, fileName), target);
      for (const name of [fileName, verbsName]) await rename(join(work, name), join(final, name));
      await rm(work, { recursive: true });
    },
    {
      ...(options.signal === undefined ? {} : { signal: options.signal }),
      onWait: () => options.progress?.('waiting for another process that builds overlay_helper'),
    },
  );
  return described(join(folder, fileName));
}

/** The one that the package carries, where the user names no compiler and nothing of the package was changed. */
async function prebuiltHelper({
  arch,
  crossCompile,
  fromSource,
}: HelperOptions): Promise<BuiltHelper | undefined> {
  if (fromSource === true || (crossCompile ?? process.env.CROSS_COMPILE ?? '') !== '') return undefined;
  const path = await findPrebuilt(arch);
  return path === undefined ? undefined : described(path);
}

async function described(path: string): Promise<BuiltHelper> {
  return { ...(await describedFile(path)), verbs: await describedFile(`${path}${verbsSuffix}`) };
}

async function describedFile(path: string): Promise<BuiltFile> {
  const content = await readFile(path);
  return { path, bytes: content.length, sha256: sha256(content) };
}

/** A compiler that the user names knows its processor; what it cannot know is said in the board file. */
function ownFlags({ sysroot, flags = [] }: HelperOptions): readonly string[] {
  return [...(sysroot === undefined ? [] : [`--sysroot=${sysroot}`]), ...flags];
}

/** The helper's TypeScript as its two scripts. */
export async function helperScripts(): Promise<Scripts> {
  const [boot, board] = await namedScripts();
  return { boot: boot.script, board: board.script };
}

async function namedScripts(): Promise<readonly [boot: Named, board: Named]> {
  const version = `${packageVersion()}, QuickJS ${engine.version}`;
  return Promise.all([named('boot', { HELPER_VERSION: version }), named('board', {})]);
}

interface Named extends Bundled {
  /** As HELPER_SCRIPT: its traces name it, so that no other build's lines are taken for theirs. */
  readonly name: string;
}

async function named(script: keyof Scripts, define: Readonly<Record<string, string>>): Promise<Named> {
  const entry = join(packageRoot(), 'src', 'helper', `${script}-main.ts`);
  const { script: text } = await bundleWithMap(entry, { ...define, HELPER_SCRIPT: '' });
  const name = `${script}-${sha256(text).slice(0, 8)}`;
  return { ...(await bundleWithMap(entry, { ...define, HELPER_SCRIPT: name })), name };
}

/**
 * The tables of lines of both scripts, by name.
 * @param qjsc path of the engine's compiler of scripts
 */
export async function helperPlaces(qjsc: string): Promise<PlacesOfScripts> {
  const scripts = await namedScripts();
  return Object.fromEntries(
    await Promise.all(scripts.map(async (one) => [one.name, await placesOf(qjsc, one)] as const)),
  );
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
