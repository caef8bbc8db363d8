/**
 * What `npm pack` makes, as a user has it: installed without a registry, on a machine without a compiler, it builds boards of
 * every architecture with the very helpers that were packed.
 */
import { mkdir, readdir, readFile, rm, stat, symlink } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { helperArchitectures } from '../../src/board/schema.ts';
import { sha256 } from '../../src/bundle/digest.ts';
import { cacheDir } from '../../src/system/cache.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { targets } from '../../src/toolchain/targets.ts';
import { testWith } from '../support/needs.ts';
import { installPacked, packCopy, packFolder } from '../support/packed.ts';

const compilers = Object.values(targets).map(({ compiler }) => compiler);

/** Bytes. What is downloaded, and what lies in node_modules; twice what they were in 2026. */
const mostPacked = 7_000_000;
const mostUnpacked = 19_000_000;

/** What lies about in checkouts, and what must not get out. */
const litter = {
  '.env': 'TOKEN=secret',
  '.npmrc': '//registry.example/:_authToken=secret',
  id_ed25519: 'secret',
  'notes.log': 'x',
  'src/.env': 'TOKEN=secret',
  'src/helper/.enter.ts.swp': 'x',
  'src/helper/enter.ts.orig': 'x',
  'src/ansible/plugins/__pycache__/x.pyc': 'x',
};

testWith(
  ...compilers,
  'gcc',
  'tar',
)('the package: its contents, and what it does without a compiler', async (t) => {
  t.timeout(900_000);
  const folder = await packFolder();
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const { tarball, checkout } = await packCopy(folder, litter);
  t.false(
    (await readdir(checkout)).some((name) => name.startsWith('prebuilt')),
    'nothing is left of it',
  );

  const project = await installPacked(folder, tarball);
  const installed = join(project, 'node_modules', 'overlaykit');
  const files = await filesBelow(installed);
  t.deepEqual([...new Set(files.map((path) => path.split('/')[0]))].toSorted(), [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'board-configs',
    'dist',
    'docs',
    'package.json',
    'prebuilt',
    'rootfs-scripts',
    'src',
  ]);
  t.deepEqual(
    files.filter((path) => path.split('/').some((name) => name.startsWith('.')) || path in litter),
    [],
  );
  t.deepEqual(
    files.filter((path) => /test|\.log$|\.tgz$/.test(path)),
    [],
  );
  t.true(files.includes('dist/LICENSES'));
  // What is in dist/ is not installed once more.
  const beside = await readdir(join(project, 'node_modules'));
  t.true(beside.includes('ssh2') && beside.includes('esbuild'));
  t.deepEqual(
    ['commander', 'execa', 'fzstd', 'tar-stream', 'yaml', 'zod'].filter((name) => beside.includes(name)),
    [],
  );
  await namesNoPlace(t, installed, files, [folder, checkout, packageRoot(), cacheDir()]);
  const sizes = await Promise.all(files.map(async (path) => (await stat(join(installed, path))).size));
  const unpacked = sizes.reduce((sum, size) => sum + size, 0);
  const { size: packed } = await stat(tarball);
  t.log(`${packed} bytes, ${unpacked} unpacked, ${files.length} files`);
  t.true(packed < mostPacked && unpacked < mostUnpacked);

  const programs = join(folder, 'programs');
  await mkdir(programs);
  await symlink(process.execPath, join(programs, 'node'));
  const cache = join(folder, 'cache');
  for (const arch of helperArchitectures) await builds(t, { installed, project, arch, programs, cache });
  await t.throwsAsync(readdir(cache), { code: 'ENOENT' }, 'nothing was fetched or built');
});

interface User {
  readonly installed: string;
  readonly project: string;
  readonly arch: string;
  /** The only folder in PATH. */
  readonly programs: string;
  readonly cache: string;
}

async function builds(
  t: ExecutionContext,
  { installed, project, arch, programs, cache }: User,
): Promise<void> {
  const board = `board-${arch}`;
  const ovl = (...words: readonly string[]) =>
    execa(join(project, 'node_modules', '.bin', 'ovl'), words, {
      cwd: project,
      extendEnv: false,
      env: { PATH: programs, HOME: project, OVL_CACHE: cache },
      reject: false,
      stdin: 'ignore',
      timeout: 60_000,
    });
  const storage = ['--storage', 'jffs2', '--find', 'mtd=rootfs_data'];
  for (const words of [
    ['init', '--name', board, '--arch', arch, '--kernel', '5.15', '--root', 'squashfs', ...storage],
    ['check', `${board}.yaml`],
    ['build', `${board}.yaml`],
  ]) {
    const { exitCode, stdout, stderr } = await ovl(...words);
    t.is(exitCode, 0, `${arch}, ${words[0]}: ${stdout}${stderr}`);
    t.notRegex(stderr, /building|fetching/, arch);
  }
  for (const name of ['overlay_helper', 'overlay_helper.verbs']) {
    const [built, carried] = await Promise.all([
      readFile(join(project, board, name)),
      readFile(join(installed, 'prebuilt', arch, name)),
    ]);
    t.is(sha256(built), sha256(carried), `${arch}: ${name}`);
  }
  const helper = await stat(join(project, board, 'overlay_helper'));
  t.is(helper.mode & 0o777, 0o755, arch);
}

/** Paths of files, relative to the folder. */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)));
}

async function namesNoPlace(
  t: ExecutionContext,
  folder: string,
  files: readonly string[],
  places: readonly string[],
): Promise<void> {
  for (const path of files) {
    const content = await readFile(join(folder, path));
    for (const place of places) t.false(content.includes(place), `${path} names ${place}`);
    t.false(content.includes('_authToken') || content.includes('TOKEN=secret'), path);
  }
}
