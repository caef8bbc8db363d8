/**
 * The script engine's source: QuickJS, pinned by digest, from Debian's source package or from a folder that the user names.
 * Why this version, and why it is not in the tree: docs/decisions/0002-helper-engine-and-build.md.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { sha256 } from '../bundle/digest.ts';
import { Failure } from '../diagnostics/diagnostic.ts';
import { downloadDebianSource } from '../system/apt.ts';
import { cached } from '../system/cache.ts';
import { runTool } from '../system/process.ts';
import { requireTool } from '../system/tools.ts';

export const engine = {
  version: '2025-04-26',
  /** Debian's source package that has it, and the suite it is in. */
  package: 'quickjs',
  packageVersion: '2025.04.26-1',
  suite: 'trixie',
  tarball: 'quickjs_2025.04.26.orig.tar.xz',
  /** SHA-256 of the tarball. */
  tarballDigest: 'ec81da5b3249ed648dbc7df4a1654988910e66a118d9b71cb63534216efcfbbe',
  /** `treeDigest` of what is in it. */
  treeDigest: '6ef46a34fc338d2896390edac0a6276b1074267398b5b581a4de60fa3d3aa126',
} as const;

/** What is compiled into the helper. */
export const engineObjects = ['quickjs', 'cutils', 'libregexp', 'libunicode', 'dtoa'] as const;

/** What makes, with these, the compiler of scripts that runs on this machine. */
export const compilerObjects = ['quickjs-libc', 'qjsc'] as const;

const headers = [
  'cutils.h',
  'dtoa.h',
  'libregexp-opcode.h',
  'libregexp.h',
  'libunicode-table.h',
  'libunicode.h',
  'list.h',
  'quickjs-atom.h',
  'quickjs-libc.h',
  'quickjs-opcode.h',
  'quickjs.h',
] as const;

/** Every file that is compiled: the digest is over these, in this order. */
const treeFiles: readonly string[] = [
  ...[...engineObjects, ...compilerObjects].map((name) => `${name}.c`),
  ...headers,
];

export interface FetchOptions {
  readonly signal?: AbortSignal;
  /** Gets one line when something is fetched. */
  readonly progress?: (line: string) => void;
}

/**
 * A folder with the engine's source, checked against its digest.
 *
 * @param named folder that holds the tarball, or what is in it; undefined for Debian's package, fetched once
 * @throws Failure OVL452 when it cannot be fetched, OVL453 when it is another source, OVL454 when it is not there
 */
export async function engineSource(named?: string, options: FetchOptions = {}): Promise<string> {
  const { signal } = options;
  if (named === undefined) {
    return unpacked(async () => join(await debianSource(options), engine.tarball), signal);
  }
  const tarball = join(named, engine.tarball);
  if (!(await isFile(tarball))) return checkedTree(named);
  // Also when the cache has the right one: somebody who names a folder wants that one.
  await checkTarball(tarball);
  return unpacked(async () => tarball, signal);
}

/** What is in the tarball, in the cache. */
async function unpacked(find: () => Promise<string>, signal: AbortSignal | undefined): Promise<string> {
  return cached(join('quickjs', engine.tarballDigest), async (work) => {
    const tarball = await find();
    await checkTarball(tarball);
    await unpack(tarball, work, signal);
    await checkedTree(work);
  });
}

/** One digest for the files that are compiled, wherever they came from. */
export async function treeDigest(folder: string): Promise<string> {
  const lines = await Promise.all(
    treeFiles.map(async (name) => `${name} ${sha256(await readFile(join(folder, name)))}\n`),
  );
  return sha256(lines.join(''));
}

async function debianSource({ signal, progress }: FetchOptions): Promise<string> {
  const { package: name, packageVersion, suite } = engine;
  progress?.(`fetching the source of QuickJS ${engine.version}`);
  try {
    const options = signal === undefined ? { suite } : { suite, signal };
    return await downloadDebianSource(name, packageVersion, options);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(
      {
        code: 'OVL452',
        severity: 'error',
        message: `the source of the script engine (Debian package "${name}" ${packageVersion}) cannot be fetched`,
        because: error.diagnostics[0]?.because ?? error.message,
        fix: `connect to the network once, or name a folder with ${engine.tarball} in OVL_QUICKJS_SOURCE, or: ovl build --no-helper`,
      },
      { cause: error },
    );
  }
}

async function checkTarball(path: string): Promise<void> {
  const bytes = await readFile(path);
  const digest = sha256(bytes);
  if (digest === engine.tarballDigest) return;
  throw otherSource(path, `its SHA-256 is ${digest} (${bytes.length} bytes)`, engine.tarballDigest);
}

async function unpack(tarball: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
  requireTool('xz');
  const args = ['--extract', '--xz', '--file', tarball, '--strip-components=1', '--directory', folder];
  // As root, tar would give the files the numbers of whoever packed them.
  await runTool('tar', [...args, '--no-same-owner'], signal === undefined ? {} : { signal });
}

async function checkedTree(folder: string): Promise<string> {
  const present = await Promise.all(treeFiles.map((name) => isFile(join(folder, name))));
  const missing = treeFiles.filter((_, index) => present[index] !== true);
  if (missing.length > 0) {
    throw new Failure({
      code: 'OVL454',
      severity: 'error',
      message: `no source of the script engine in "${folder}"`,
      because: `it has no ${engine.tarball}, and ${missing.length} of the ${treeFiles.length} files that are compiled are missing: ${missing.slice(0, 3).join(', ')}${missing.length > 3 ? ', ...' : ''}`,
      fix: `put ${engine.tarball} there, or unset OVL_QUICKJS_SOURCE`,
    });
  }
  const digest = await treeDigest(folder);
  if (digest === engine.treeDigest) return folder;
  throw otherSource(folder, `the digest over its sources is ${digest}`, engine.treeDigest);
}

function otherSource(path: string, found: string, expected: string): Failure {
  return new Failure({
    code: 'OVL453',
    severity: 'error',
    message: `"${path}" is not the source of QuickJS ${engine.version}, or not all of it`,
    because: `${found}; it has to be ${expected}`,
    fix: `fetch ${engine.tarball} again, or unset OVL_QUICKJS_SOURCE`,
  });
}

async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
}
