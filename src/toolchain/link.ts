/** From the engine, the native module and the script to a static program. */
import { copyFile, cp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../bundle/digest.ts';
import { cached } from '../system/cache.ts';
import { withBareFunctions } from './bare-functions.ts';
import type { CLibrary } from './c-library.ts';
import { type Compiler, compile } from './compiler.ts';
import { engine } from './engine.ts';
import { readingLazily } from './lazy-functions.ts';
import { leaveOut } from './left-out.ts';
import { leaveOutOpcodes } from './left-out-opcodes.ts';
import { withOffsets } from './offsets.ts';
import { protocolHeader } from './protocol.ts';
import { withSearch } from './search.ts';

/** How the helper is compiled: all of it, the native module in addition, and linked. */
export interface Style {
  readonly compile: readonly string[];
  readonly native: readonly string[];
  readonly link: readonly string[];
}

export const releaseStyle: Style = {
  compile: [
    '-Oz',
    '-flto',
    '-flto-partition=one',
    '-ffunction-sections',
    '-fdata-sections',
    '-fno-asynchronous-unwind-tables',
    '-fno-unwind-tables',
    '-fno-stack-protector',
    '-fomit-frame-pointer',
    '-fno-math-errno',
  ],
  native: [],
  // One part of the file for code and constants: each part begins on a page, and a process touches its own. Of what is written before
  // main and never again there are some hundred bytes, which would be filled up to a page to be protected.
  link: [
    ...['-static', '-s', '-Wl,--gc-sections', '-Wl,--build-id=none'],
    ...['-Wl,-z,noseparate-code', '-Wl,-z,norelro'],
  ],
};

/** The engine relies on signed overflow (-fwrapv, as upstream); C files are found by relative names only. */
const always = [
  '-fwrapv',
  '-D_GNU_SOURCE',
  '-D_FILE_OFFSET_BITS=64',
  `-DCONFIG_VERSION="${engine.version}"`,
  '-include',
  'host.h',
];

/** engine.c has quickjs.c in it. */
const linkedObjects = ['engine', 'cutils', 'libregexp', 'libunicode', 'dtoa'] as const;

/** What is compiled of the native module together with the engine, and rarely changes. */
const engineParts = ['engine.c', 'engine.h', 'host.h', 'loading.h'] as const;

export interface Program {
  /** Folder with the engine's source. */
  readonly source: string;
  /** Folder with the native module's source. */
  readonly native: string;
  readonly compiler: Compiler;
  /** Flags of the target. */
  readonly flags: readonly string[];
  readonly style: Style;
  readonly library: CLibrary;
}

/** All flags but those for linking. */
function compileFlags({ compiler, flags, style, library }: Program): readonly string[] {
  const chosen = style.compile
    .filter((flag) => compiler.optimizesAtLink || !flag.startsWith('-flto'))
    .map((flag) => (flag === '-Oz' && !compiler.knowsSmallest ? '-Os' : flag));
  return [...always, ...flags, ...chosen, ...library.compile];
}

/**
 * A folder with the engine's objects and headers, compiled once for each compiler and flags: this takes most of the time.
 * @throws Failure OVL455
 */
export async function engineFiles(program: Program): Promise<string> {
  const { source, native, compiler } = program;
  const options = [...compileFlags(program), '-w'];
  const parts = await Promise.all(engineParts.map((name) => readFile(join(native, name), 'utf8')));
  const changes = [leaveOut, leaveOutOpcodes, withOffsets, withBareFunctions, withSearch, readingLazily];
  const core = changes.reduce(
    (text, change) => change(text),
    await readFile(join(source, 'quickjs.c'), 'utf8'),
  );
  const key = sha256(JSON.stringify([engine.treeDigest, core, parts, compiler.identity, options]));
  return cached(join('quickjs-objects', key), async (work) => {
    await copySources(source, work);
    await writeFile(join(work, 'quickjs.c'), core);
    for (const name of engineParts) await copyFile(join(native, name), join(work, name));
    for (const name of linkedObjects) await compile(compiler, [...options, '-c', `${name}.c`], work);
  });
}

/**
 * Compiles the native module and the boot's script, which is in `folder` already (bytecode.ts), and links them there with the engine.
 * @throws Failure OVL455
 */
export async function linkProgram(program: Program, folder: string, name: string): Promise<void> {
  const { compiler, style, native, library } = program;
  await cp(await engineFiles(program), join(folder, 'engine'), { recursive: true });
  await copySources(native, folder);
  await writeFile(join(folder, 'protocol.h'), protocolHeader());
  await rm(join(folder, 'engine.c'));
  const sources = (await readdir(folder)).filter((file) => file.endsWith('.c')).sort();
  const objects = linkedObjects.map((object) => `engine/${object}.o`);
  const options = [...compileFlags(program), ...style.native, '-isystem', 'engine', ...style.link];
  const files = [...library.first, ...sources, ...objects, ...library.last];
  await compile(compiler, [...options, '-o', name, ...files], folder);
}

/** Compiling happens on copies with short names: a path of this machine could get into the result by __FILE__. */
async function copySources(from: string, to: string): Promise<void> {
  for (const name of await readdir(from)) {
    if (/\.[ch]$/.test(name)) await copyFile(join(from, name), join(to, name));
  }
}
