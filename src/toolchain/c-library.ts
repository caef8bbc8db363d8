/**
 * musl, built from source for compilers that bring no C library fit for a board: Debian's cross compilers have glibc, which is
 * three times as large and under the LGPL, and for MIPS one that needs an FPU.
 *
 * In: a compiler and its flags. Out: a folder in the cache with headers and libc.a, and the flags that use it.
 */
import { copyFile, mkdir, readFile, rm } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { sha256 } from '../bundle/digest.ts';
import { Failure } from '../diagnostics/diagnostic.ts';
import { downloadDebianSource } from '../system/apt.ts';
import { cached } from '../system/cache.ts';
import { packageRoot } from '../system/package-root.ts';
import { lastLines, runTool } from '../system/process.ts';
import { requireTool } from '../system/tools.ts';
import { type Compiler, compile } from './compiler.ts';
import type { FetchOptions } from './engine.ts';
import type { Target } from './targets.ts';

export const musl = {
  version: '1.2.3',
  package: 'musl',
  packageVersion: '1.2.3-1',
  suite: 'bookworm',
  tarball: 'musl_1.2.3.orig.tar.gz',
  /** SHA-256 of the tarball. */
  digest: '7d5b0b6062521e4627e099e4c9dc8248d32a30285e959b7eecaa780cf8cfd4a4',
} as const;

/** How programs are compiled and linked with a C library other than the compiler's. */
export interface CLibrary {
  readonly compile: readonly string[];
  /** Before and after the program's own files. */
  readonly first: readonly string[];
  readonly last: readonly string[];
}

/** A compiler that brings its own. */
export const compilersOwn: CLibrary = { compile: [], first: [], last: [] };

/** The parts of musl that a program like the helper can need; the others take as long to compile again. */
const parts = [
  ...[
    'ctype',
    'dirent',
    'env',
    'errno',
    'exit',
    'fcntl',
    'fenv',
    'internal',
    'linux',
    'malloc',
    'malloc/mallocng',
    'math',
  ],
  ...[
    'misc',
    'mman',
    'multibyte',
    'process',
    'sched',
    'select',
    'setjmp',
    'signal',
    'stat',
    'stdio',
    'stdlib',
    'string',
  ],
  ...['thread', 'time', 'unistd', 'legacy', 'locale', 'conf'],
] as const;

/**
 * The C library for a target.
 * @throws Failure OVL458 where its source cannot be had, OVL455 where it cannot be compiled
 */
export async function targetLibrary(
  compiler: Compiler,
  { flags, library }: Target,
  options: FetchOptions,
): Promise<CLibrary> {
  if (library === 'own') return compilersOwn;
  const softDouble = join(packageRoot(), 'src', 'helper', 'soft-float', 'soft-double.c');
  const extra = library === 'built-soft-float' ? await readFile(softDouble, 'utf8') : '';
  const key = sha256(JSON.stringify([musl, compiler.identity, flags, parts, buildFlags, extra]));
  const folder = await cached(join('musl', key), async (work) => {
    options.progress?.(`building musl ${musl.version} with ${compiler.command}`);
    await build(work, compiler, flags, options);
    if (extra !== '') await addObject(softDouble, work, compiler, flags);
  });
  const headers = await execa(compiler.command, ['-print-file-name=include']);
  const start = ['crt1.o', 'crti.o'].map((name) => join(folder, 'lib', name));
  return {
    compile: [
      '-nostdinc',
      '-isystem',
      join(folder, 'include'),
      '-isystem',
      headers.stdout.trim(),
      '-fno-pie',
    ],
    // Objects of the compiler's own library say that they use an FPU; those that are linked have no such instruction.
    first: ['-no-pie', '-nostdlib', '-nostartfiles', '-Wl,--no-warn-mismatch', ...start],
    last: [
      '-Wl,--start-group',
      join(folder, 'lib', 'libc.a'),
      '-lgcc',
      '-Wl,--end-group',
      join(folder, 'lib', 'crtn.o'),
    ],
  };
}

const buildFlags = '-Os -g0 -fno-pie -fno-stack-protector -ffunction-sections -fdata-sections';

async function build(
  work: string,
  compiler: Compiler,
  flags: readonly string[],
  options: FetchOptions,
): Promise<void> {
  const source = await muslSource(options);
  const objects = join(work, 'objects');
  await mkdir(objects);
  const prefix = compiler.command.replace(/gcc$/, '');
  const configure = [`--target=${compiler.machine}`, `CC=${compiler.command}`, `CROSS_COMPILE=${prefix}`];
  const settings = [
    `--prefix=${work}`,
    '--disable-shared',
    '--disable-wrapper',
    `CFLAGS=${buildFlags} ${flags.join(' ')}`,
  ];
  await run(join(source, 'configure'), [...configure, ...settings], objects, options);
  const folders = [...parts.map((part) => join(source, 'src', part)), join(source, 'crt')];
  const goals = ['lib/libc.a', 'lib/crt1.o', 'lib/crti.o', 'lib/crtn.o', 'install-headers'];
  const make = ['--silent', `--jobs=${availableParallelism()}`, `SRC_DIRS=${folders.join(' ')}`, ...goals];
  await run(requireTool('make'), make, objects, options);
  await mkdir(join(work, 'lib'));
  for (const name of ['libc.a', 'crt1.o', 'crti.o', 'crtn.o'])
    await copyFile(join(objects, 'lib', name), join(work, 'lib', name));
  await rm(objects, { recursive: true });
}

/** Not compiled for link-time optimisation: what calls it is known only after that. */
async function addObject(
  source: string,
  work: string,
  compiler: Compiler,
  flags: readonly string[],
): Promise<void> {
  await copyFile(source, join(work, 'extra.c'));
  const headers = ['-nostdinc', '-isystem', 'include'];
  await compile(
    compiler,
    [...buildFlags.split(' '), ...flags, ...headers, '-fno-builtin', '-c', 'extra.c'],
    work,
  );
  const archive = compiler.command.replace(/gcc$/, 'ar');
  await run(archive, ['-rcsD', 'lib/libc.a', 'extra.o'], work, {});
  for (const name of ['extra.c', 'extra.o']) await rm(join(work, name));
}

async function run(
  command: string,
  args: readonly string[],
  folder: string,
  { signal }: FetchOptions,
): Promise<void> {
  const result = await execa(command, args, {
    cwd: folder,
    env: { LC_ALL: 'C', MAKEFLAGS: '' },
    reject: false,
    all: true,
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  signal?.throwIfAborted();
  if (!result.failed) return;
  throw new Failure({
    code: 'OVL455',
    severity: 'error',
    message: `the C library musl ${musl.version} cannot be built`,
    because: lastLines(result.all) || (result.shortMessage ?? 'it said nothing'),
    fix: "name the prefix of the board's own compiler in CROSS_COMPILE, or: ovl build --no-helper",
  });
}

/** What is in its tarball, in the cache. */
export async function muslSource(options: FetchOptions): Promise<string> {
  return cached(join('musl-source', musl.digest), async (work) => {
    const tarball = await muslTarball(options);
    const content = await readFile(tarball).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      throw noSource(`there is no "${tarball}"`, error);
    });
    const digest = sha256(content);
    if (digest !== musl.digest) {
      throw noSource(`"${tarball}" is another one: its SHA-256 is ${digest}, it has to be ${musl.digest}`);
    }
    const args = ['--extract', '--gzip', '--file', tarball, '--strip-components=1', '--directory', work];
    await runTool('tar', [...args, '--no-same-owner']);
  });
}

async function muslTarball({ signal, progress }: FetchOptions): Promise<string> {
  const named = process.env.OVL_MUSL_SOURCE;
  if (named !== undefined) return join(named, musl.tarball);
  progress?.(`fetching the source of musl ${musl.version}`);
  try {
    const options = signal === undefined ? { suite: musl.suite } : { suite: musl.suite, signal };
    return join(await downloadDebianSource(musl.package, musl.packageVersion, options), musl.tarball);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw noSource(error.diagnostics[0]?.because ?? error.message, error);
  }
}

function noSource(because: string, cause?: unknown): Failure {
  return new Failure(
    {
      code: 'OVL458',
      severity: 'error',
      message: `the source of the C library (Debian package "${musl.package}" ${musl.packageVersion}) cannot be had`,
      because,
      fix: `connect to the network once, or name a folder with ${musl.tarball} in OVL_MUSL_SOURCE, or: ovl build --no-helper`,
    },
    { cause },
  );
}
