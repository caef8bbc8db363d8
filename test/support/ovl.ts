/** Runs the built command as a process of its own, as a person does. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { packageRoot } from '../../src/system/package-root.ts';

export const ovlPath = join(packageRoot(), 'dist', 'ovl.js');

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  /** undefined where a signal ended it. */
  readonly exitCode: number | undefined;
}

export interface RunOptions {
  readonly cwd?: string;
  /** All of the environment beside PATH, HOME and the cache. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Both streams are pipes, stdin is empty, and nothing of this process's environment decides about colours or CI. */
export async function ovl(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  const { stdout, stderr, exitCode } = await execa(process.execPath, [ovlPath, ...args], {
    reject: false,
    extendEnv: false,
    env: ovlEnvironment(options.env),
    cwd: options.cwd ?? tmpdir(),
    input: options.input ?? '',
    // A test of a hang should fail, not hang.
    timeout: 300_000,
    stripFinalNewline: false,
  });
  return { stdout, stderr, exitCode };
}

export function ovlEnvironment(env: Readonly<Record<string, string>> = {}): Record<string, string> {
  const {
    PATH = '',
    HOME = '/',
    OVL_CACHE,
    XDG_CACHE_HOME,
    OVL_APT_SOURCES,
    OVL_QUICKJS_SOURCE,
  } = process.env;
  const kept = { PATH, HOME, OVL_CACHE, XDG_CACHE_HOME, OVL_APT_SOURCES, OVL_QUICKJS_SOURCE };
  const set = Object.entries(kept).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return { ...Object.fromEntries(set), ...env };
}

/** The one document of --json; fails the test where stdout has anything else. */
export function documentOf(t: ExecutionContext, { stdout }: Ran): Record<string, unknown> {
  t.notThrows(() => JSON.parse(stdout), stdout);
  const value = JSON.parse(stdout) as Record<string, unknown>;
  t.is(typeof value.ok, 'boolean');
  t.true(Array.isArray(value.problems));
  t.regex(String(value.schema), /^ovl(\.[a-z]+)?\/1$/);
  return value;
}

/** A folder for one test, gone with it. */
export async function folder(
  t: ExecutionContext,
  files: Readonly<Record<string, string>> = {},
): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'ovl-cli-'));
  t.teardown(() => rm(path, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return path;
}

/** A board without errors and warnings, which the lab can boot. */
export const goodBoard = `version: 1
name: good
arch: x86_64
kernel:
  version: "6.1"
  filesystems: [proc, sysfs, tmpfs, devtmpfs, squashfs, overlay]
root: { type: squashfs }
storage: { type: tmpfs, size: 16MiB }
`;

/** The same with an error and a warning. */
export const badBoard = goodBoard
  .replace('squashfs }', 'squasfs }')
  .replace('name: good', 'name: good\nnmae: x');
