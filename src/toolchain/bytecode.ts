/** From the scripts to bytecode, by the compiler that comes with the engine, built once for this machine. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { sha256 } from '../bundle/digest.ts';
import { Failure } from '../diagnostics/diagnostic.ts';
import { quote } from '../render/quote.ts';
import { cached } from '../system/cache.ts';
import { lastLines } from '../system/process.ts';
import { cacheFailure } from './cache-trouble.ts';
import { type Compiler, compile } from './compiler.ts';
import { compilerObjects, engine, engineObjects } from './engine.ts';
import { writingLazily } from './lazy-functions.ts';
import { bootSymbol, type Scripts, scriptHeader } from './protocol.ts';

/** Quick to compile; it runs for milliseconds. */
const flags = [
  ...['-O1', '-fwrapv', '-w', '-D_GNU_SOURCE', `-DCONFIG_VERSION="${engine.version}"`],
  // Without -s it then says what it makes, and of which line (places.ts).
  '-DDUMP_BYTECODE=33',
] as const;

/** Path of qjsc, built from the same source as the engine: bytecode of another version would not load. */
export async function scriptCompiler(source: string, compiler: Compiler): Promise<string> {
  const core = writingLazily(await readFile(join(source, 'quickjs.c'), 'utf8'));
  const key = sha256(JSON.stringify([engine.treeDigest, core, compiler.identity, flags]));
  const folder = await cached(join('qjsc', key), async (work) => {
    await writeFile(join(work, 'quickjs.c'), core);
    const others = [...engineObjects, ...compilerObjects].filter((name) => name !== 'quickjs');
    const files = ['quickjs.c', ...others.map((name) => join(source, `${name}.c`))];
    const libraries = ['-lm', '-ldl', '-lpthread'];
    await compile(compiler, [...flags, '-I', source, '-o', 'qjsc', ...files, ...libraries], work);
    await rm(join(work, 'quickjs.c'));
  });
  return join(folder, 'qjsc');
}

/** What `compileScripts` makes in its folder of the script with the verbs. */
export const verbsFile = 'verbs';

/**
 * Writes into a folder: boot.c, verbs, and script.h, which says what C has to know of them. The bytecode is the same for every
 * architecture, and in one byte order.
 * @throws Failure OVL455 where a script is not one that this engine takes
 */
export async function compileScripts(qjsc: string, scripts: Scripts, folder: string): Promise<void> {
  await compileScript(qjsc, 'boot', bootSymbol, scripts.boot, folder);
  await compileScript(qjsc, 'board', 'board_script', scripts.board, folder);
  const verbs = bytesOfArray(await readFile(join(folder, 'board.c'), 'utf8'));
  await rm(join(folder, 'board.c'));
  await writeFile(join(folder, verbsFile), verbs);
  await writeFile(join(folder, 'script.h'), scriptHeader(verbs));
}

async function compileScript(
  qjsc: string,
  name: keyof Scripts,
  symbol: string,
  script: string,
  folder: string,
): Promise<void> {
  // The name is part of the bytecode: no path of this machine.
  await writeFile(join(folder, `${name}.js`), script);
  const args = ['-s', '-c', '-N', symbol, '-o', `${name}.c`, `${name}.js`];
  await runScriptCompiler(qjsc, args, folder);
  await checkWhole(join(folder, `${name}.c`));
}

/**
 * What the compiler of scripts says; it reads and writes in the folder.
 * @throws Failure OVL455 where it does not take the script, or cannot be started: a cache may be another machine's
 */
export async function runScriptCompiler(
  qjsc: string,
  args: readonly string[],
  folder: string,
): Promise<string> {
  const result = await execa(qjsc, args, { cwd: folder, reject: false, all: true });
  if (!result.failed) return result.stdout;
  const started = result.exitCode !== undefined || result.signal !== undefined;
  throw new Failure({
    code: 'OVL455',
    severity: 'error',
    message: started
      ? "the script engine's compiler refused the helper"
      : "the script engine's compiler cannot be started",
    because: lastLines(result.all ?? '') || (result.shortMessage ?? 'it said nothing'),
    fix: started
      ? 'restore the files of the package overlaykit, or: ovl build --no-helper'
      : `rm -r ${quote(dirname(qjsc))}, and it is built anew; or: ovl build --no-helper`,
  });
}

/** The engine's compiler does not look at what write() says: on a full disk it ends with success and half a file. */
async function checkWhole(path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  if (text.trimEnd().endsWith('};')) return;
  throw cacheFailure(`"${basename(path)}" was cut short after ${text.length} bytes: there is no room for it`);
}

/** What the engine's compiler has written as a C array. */
function bytesOfArray(text: string): Buffer {
  const [, size, list = ''] = /_size = (\d+);\s+const uint8_t \w+\[\1\] = \{([^}]*)\};/.exec(text) ?? [];
  const bytes = Buffer.from(
    [...list.matchAll(/0x([0-9a-f]{2}),/g)].map(([, digits]) => Number(`0x${digits}`)),
  );
  if (size === undefined || bytes.length !== Number(size))
    throw new Error(`the script engine's compiler writes otherwise: ${bytes.length} of ${size} bytes`);
  return bytes;
}
