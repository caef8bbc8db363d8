import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
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

/** A mirror on this machine that is out of order for the first requests of each package. */
async function mirrorWithTrouble(t: ExecutionContext, failures: number): Promise<Mirror> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url?.replace(/^\/(\.\/)?/, '') ?? '';
    asked.push(path);
    const isTooEarly = asked.filter((one) => one === path).length <= failures;
    if (path.endsWith('.deb') && isTooEarly) response.writeHead(503).end();
    else
      void readFile(join(archive, path)).then(
        (content) => response.end(content),
        () => response.writeHead(404).end(),
      );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, asked, stop: () => server.close() };
}

interface Mirror {
  readonly url: string;
  /** What was asked for, in order. */
  readonly asked: readonly string[];
  readonly stop: () => void;
}

/** With other sources, and a cache of its own. */
async function withSources(t: ExecutionContext, name: string, sources: string): Promise<void> {
  const { OVL_CACHE, OVL_APT_SOURCES } = process.env;
  process.env.OVL_CACHE = join(work, name);
  process.env.OVL_APT_SOURCES = join(work, `${name}.list`);
  await writeFile(join(work, `${name}.list`), sources);
  t.teardown(() => Object.assign(process.env, { OVL_CACHE, OVL_APT_SOURCES }));
}

withApt('a mirror that is out of order for a moment is asked again', async (t) => {
  const mirror = await mirrorWithTrouble(t, 2);
  await withSources(t, 'trouble', `deb [trusted=yes] ${mirror.url} ./\n`);
  t.is(await debianPackageVersion(await downloadDebianPackage('lab-sample')), '1:2.0-3');
  t.is(mirror.asked.filter((path) => path === 'sample.deb').length, 3);
});

withApt(
  'a mirror that stays out of order is given up, by name, and so is one that nobody hears',
  async (t) => {
    t.timeout(120_000);
    const mirror = await mirrorWithTrouble(t, 1000);
    await withSources(t, 'broken', `deb [trusted=yes] ${mirror.url} ./\n`);
    const broken = await t.throwsAsync(downloadDebianPackage('lab-sample'), { instanceOf: Failure });
    t.is(broken.diagnostics[0]?.code, 'OVL406');
    t.true(
      broken.diagnostics[0]?.because?.includes(`${mirror.url}./sample.deb`),
      broken.diagnostics[0]?.because,
    );
    t.true(mirror.asked.filter((path) => path === 'sample.deb').length <= 8, 'not asked for ever');
    mirror.stop();
    await withSources(t, 'silent', `deb [trusted=yes] ${mirror.url} ./\n`);
    const silent = await t.throwsAsync(downloadDebianPackage('lab-sample'), { instanceOf: Failure });
    t.regex(silent.diagnostics[0]?.because ?? '', new RegExp(mirror.url.slice('http://'.length, -1)));
    // An empty index that is kept would make it fail when the mirror is back, too.
    t.deepEqual(await readdir(join(work, 'silent', 'debian', 'default', 'own')), []);
  },
);

withApt('a place that does not answer keeps no other from answering', async (t) => {
  t.timeout(120_000);
  const mirror = await mirrorWithTrouble(t, 0);
  mirror.stop();
  await withSources(t, 'one', `deb [trusted=yes] ${mirror.url} ./\ndeb [trusted=yes] file:${archive} ./\n`);
  t.is(await debianPackageVersion(await downloadDebianPackage('lab-sample')), '1:2.0-3');
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
