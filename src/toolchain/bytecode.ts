/** From a script to bytecode in a C file, by the compiler that comes with the engine, built once for this machine. */
import { readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { sha256 } from '../bundle/digest.ts';
import { Failure } from '../diagnostics/diagnostic.ts';
import { cached } from '../system/cache.ts';
import { lastLines } from '../system/process.ts';
import { cacheFailure } from './cache-trouble.ts';
import { type Compiler, compile } from './compiler.ts';
import { compilerObjects, engine, engineObjects } from './engine.ts';
import { type Scripts, scriptSymbols } from './protocol.ts';

/** Quick to compile; it runs for milliseconds. */
const flags = [
  ...['-O1', '-fwrapv', '-w', '-D_GNU_SOURCE', `-DCONFIG_VERSION="${engine.version}"`],
  // Without -s it then says what it makes, and of which line (places.ts).
  '-DDUMP_BYTECODE=33',
] as const;

/** Path of qjsc, built from the same source as the engine: bytecode of another version would not load. */
export async function scriptCompiler(source: string, compiler: Compiler): Promise<string> {
  const key = sha256(JSON.stringify([engine.treeDigest, compiler.identity, flags]));
  const folder = await cached(join('qjsc', key), (work) => {
    const files = [...engineObjects, ...compilerObjects].map((name) => join(source, `${name}.c`));
    return compile(compiler, [...flags, '-o', 'qjsc', ...files, '-lm', '-ldl', '-lpthread'], work);
  });
  return join(folder, 'qjsc');
}

/**
 * Writes boot.c and board.c into the folder. The bytecode is the same for every architecture.
 * @throws Failure OVL455 where a script is not one that this engine takes
 */
export async function compileScripts(qjsc: string, scripts: Scripts, folder: string): Promise<void> {
  for (const name of ['boot', 'board'] as const) await compileScript(qjsc, name, scripts[name], folder);
}

async function compileScript(
  qjsc: string,
  name: keyof Scripts,
  script: string,
  folder: string,
): Promise<void> {
  // The name is part of the bytecode: no path of this machine.
  await writeFile(join(folder, `${name}.js`), script);
  const args = ['-s', '-c', '-N', scriptSymbols[name], '-o', `${name}.c`, `${name}.js`];
  const result = await execa(qjsc, args, { cwd: folder, reject: false, all: true });
  if (!result.failed) return checkWhole(join(folder, `${name}.c`));
  throw new Failure({
    code: 'OVL455',
    severity: 'error',
    message: "the script engine's compiler refused the helper",
    because: lastLines(result.all) || (result.shortMessage ?? 'it said nothing'),
    fix: 'restore the files of the package overlaykit, or: ovl build --no-helper',
  });
}

/** The engine's compiler does not look at what write() says: on a full disk it ends with success and half a file. */
async function checkWhole(path: string): Promise<void> {
  const text = await readFile(path, 'utf8');
  if (text.trimEnd().endsWith('};')) return;
  throw cacheFailure(`"${basename(path)}" was cut short after ${text.length} bytes: there is no room for it`);
}
