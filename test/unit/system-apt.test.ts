import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import {
  debianDependencies,
  debianPackageVersion,
  downloadDebianPackage,
  unpackDebianPackage,
} from '../../src/system/apt.ts';
import { runTool } from '../../src/system/process.ts';
import { testWith } from '../support/needs.ts';

const work = await mkdtemp(join(tmpdir(), 'ovl-test-apt-'));
test.after.always(() => rm(work, { recursive: true, force: true }));

/** An archive of our own instead of a mirror, so that these tests need no network. */
const archive = join(work, 'archive');
process.env.OVL_CACHE = join(work, 'cache');
process.env.OVL_APT_SOURCES = join(work, 'sources.list');

const withApt = testWith('apt-get', 'apt-cache', 'dpkg-deb');

const control = `Package: lab-sample
Version: 1:2.0-3
Architecture: all
Maintainer: nobody <nobody@example.org>
Depends: lab-sample-1, lab-other
Description: a sample
`;

test.before(async () => {
  const tree = join(work, 'tree');
  await mkdir(join(tree, 'DEBIAN'), { recursive: true });
  await mkdir(join(tree, 'boot'));
  await mkdir(archive);
  await writeFile(join(tree, 'DEBIAN', 'control'), control);
  await writeFile(join(tree, 'boot', 'sample'), 'content\n');
  const deb = join(archive, 'sample.deb');
  await runTool('dpkg-deb', ['--build', '--root-owner-group', tree, deb]);
  const digest = createHash('sha256').update(await readFile(deb));
  const size = (await stat(deb)).size;
  const entry = `${control}Filename: ./sample.deb\nSize: ${size}\nSHA256: ${digest.digest('hex')}\n`;
  await writeFile(join(archive, 'Packages'), entry);
  await writeFile(join(work, 'sources.list'), `deb [trusted=yes] file:${archive} ./\n`);
});

withApt('a package is fetched by name, unpacked, and tells its version', async (t) => {
  const deb = await downloadDebianPackage('lab-sample');
  t.is(await debianPackageVersion(deb), '1:2.0-3');
  const folder = join(work, 'unpacked');
  await unpackDebianPackage(deb, folder);
  t.is(await readFile(join(folder, 'boot', 'sample'), 'utf8'), 'content\n');
});

withApt('a meta package names what it depends on', async (t) => {
  t.deepEqual(await debianDependencies('lab-sample'), ['lab-sample-1', 'lab-other']);
});

withApt('what is in the cache is used when the archive is gone, what is not is told', async (t) => {
  const before = await downloadDebianPackage('lab-sample');
  let fetched = 0;
  const onFetch = (): void => {
    fetched += 1;
  };
  await rename(archive, `${archive}.gone`);
  try {
    t.is(await downloadDebianPackage('lab-sample', { onFetch }), before);
    t.is(fetched, 0);
    const failed = await t.throwsAsync(downloadDebianPackage('lab-absent', { onFetch }), {
      instanceOf: Failure,
    });
    t.is(fetched, 1);
    t.is(failed.diagnostics[0]?.code, 'OVL406');
    t.regex(failed.diagnostics[0]?.message ?? '', /"lab-absent"/);
  } finally {
    await rename(`${archive}.gone`, archive);
  }
});

test('a name that apt could take for an option is not a package', async (t) => {
  await t.throwsAsync(downloadDebianPackage('--download-only'), { message: /not a package name/ });
  await t.throwsAsync(debianDependencies('../sample'), { message: /not a package name/ });
});

test('a tool that fails is named with its exit code and its last words', async (t) => {
  const failed = await t.throwsAsync(runTool('tar', ['-xf', join(work, 'missing.tar')]), {
    instanceOf: Failure,
  });
  t.like(failed.diagnostics[0], { code: 'OVL405', message: '"tar" failed with exit code 2' });
  t.regex(failed.diagnostics[0]?.because ?? '', /missing\.tar/);
});

test('a tool that fails while its lines are followed is told the same way', async (t) => {
  const lines: string[] = [];
  const failed = await t.throwsAsync(
    runTool('tar', ['-tf', join(work, 'missing.tar')], { onLine: (line) => lines.push(line) }),
    { instanceOf: Failure },
  );
  t.is(failed.diagnostics[0]?.code, 'OVL405');
  await runTool('tar', ['-cf', join(work, 'two.tar'), '-C', work, 'sources.list', '-C', archive, 'Packages']);
  await runTool('tar', ['-tf', join(work, 'two.tar')], { onLine: (line) => lines.push(line) });
  t.deepEqual(lines, ['sources.list', 'Packages']);
});

test('a tool is given only so long, and can be interrupted', async (t) => {
  const slow = ['-n', '5', 'sleep', '20'];
  const late = await t.throwsAsync(runTool('nice', slow, { timeoutMs: 50 }), { instanceOf: Failure });
  t.is(late.diagnostics[0]?.message, '"nice" failed: it took too long');
  const stop = new AbortController();
  const running = runTool('nice', slow, { signal: stop.signal });
  stop.abort();
  const interrupted = await t.throwsAsync(running, { instanceOf: Failure });
  t.is(interrupted.diagnostics[0]?.message, '"nice" failed: it was interrupted');
});
