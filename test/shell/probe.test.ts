import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { programNames } from '../../src/device/facts/asked.ts';
import { type Facts, knownValue } from '../../src/device/facts/facts.ts';
import { probe, probeScript } from '../../src/device/facts/probe.ts';
import { readFacts } from '../../src/device/facts/read.ts';
import { readSections } from '../../src/device/facts/sections.ts';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { loadShellLibrary } from '../../src/system/shell-library.ts';
import { requireTool } from '../../src/system/tools.ts';
import { localDevice } from '../support/local-device.ts';
import { testAsRoot, testWith } from '../support/needs.ts';

const mark = 'mark-of-this-test';

interface Answering {
  readonly path?: string;
  readonly paths?: readonly string[];
  readonly scratch?: string;
}

/** What a shell answers, and what is on its stderr. */
async function answered(shell: readonly string[], { path, paths = [], scratch = '' }: Answering) {
  const [file = '', ...first] = shell;
  const script = await probeScript(scratch !== '');
  const words = [...first, '-c', script, 'probe', mark, scratch, ...programNames, '--', ...paths];
  const result = await execa(file, words, {
    encoding: 'buffer',
    extendEnv: false,
    env: { PATH: path ?? process.env.PATH ?? '', LC_ALL: 'C' },
    timeout: 20_000,
    reject: false,
  });
  const facts = readFacts(readSections(result.stdout, mark), { paths, hostSeconds: Date.now() / 1000 });
  return { facts, stderr: Buffer.from(result.stderr).toString() };
}

const shells = [
  ['dash', []],
  ['mksh', []],
  ['bash', ['--norc']],
  ['busybox', ['ash']],
] as const;

for (const [shell, words] of shells) {
  testWith(shell)(`${shell} answers everything that this machine has`, async (t) => {
    const { facts, stderr } = await answered([requireTool(shell), ...words], {
      paths: ['/etc', '/no such path', '/bin/sh', '/dev/null'],
    });
    t.is(stderr, '');
    t.true(knownValue(facts.kernel.filesystems)?.includes('proc'));
    t.is(knownValue(facts.user), process.getuid?.());
    t.deepEqual(
      knownValue(facts.paths)?.map(({ kind }) => kind),
      ['directory', 'absent', 'executable', 'other'],
    );
    t.true(
      knownValue(facts.storage.mounts)?.some(({ target, room }) => target === '/' && (room?.size ?? 0) > 0),
    );
    t.true(knownValue(facts.programs.found)?.some(({ name }) => name === 'mount'));
    t.true(Math.abs(knownValue(facts.machine.clock)?.ahead ?? 99) < 5);
    t.not(knownValue(facts.init), undefined);
    if (process.arch === 'x64') t.is(knownValue(facts.machine.arch), 'x86_64');
    t.deepEqual(facts.scratch, { kind: 'unknown', because: 'no directory was named with --scratch' });
  });
}

for (const shell of ['dash', 'mksh', 'bash'] as const) {
  testWith(shell)(`${shell} without a single program says what each fact would have needed`, async (t) => {
    const { facts, stderr } = await answered([requireTool(shell), ...(shell === 'bash' ? ['--norc'] : [])], {
      path: '/nowhere',
      paths: ['/'],
    });
    t.is(stderr, '');
    t.true(
      knownValue(facts.kernel.filesystems)?.includes('proc'),
      'files are read with what the shell has built in',
    );
    t.regex(knownValue(facts.kernel.release) ?? '', /^\d/);
    t.true(knownValue(facts.storage.mounts)?.some(({ target }) => target === '/'));
    t.deepEqual(knownValue(facts.paths), [{ path: '/', kind: 'directory' }]);
    t.deepEqual(facts.machine.clock, { kind: 'unknown', because: 'date is not on the board' });
    t.deepEqual(facts.programs.busybox, { kind: 'unknown', because: 'busybox is not on the board' });
  });
}

testAsRoot('a union is tried on the scratch directory, and nothing of it stays', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-scratch-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  // A storage of its own: what the machine has at /tmp may be an overlay, on which none can be made.
  await execa('mount', ['-t', 'tmpfs', 'scratch', folder]);
  try {
    const { facts } = await answered(['sh'], { scratch: folder });
    const results = knownValue(facts.scratch) ?? [];
    t.deepEqual(
      results.filter(({ name }) => name.startsWith('union')).map(({ name, works }) => `${name} ${works}`),
      [
        ...['union', 'union-create', 'union-delete', 'union-make-again', 'union-rename'],
        ...['union-rename-directory', 'union-remove-directory'],
      ].map((name) => `${name} true`),
    );
    t.deepEqual(await readdir(folder), []);
    t.false((await readFile('/proc/self/mountinfo', 'utf8')).includes(`${folder}/`));
  } finally {
    await execa('umount', ['--recursive', folder]);
  }
});

for (const shell of [['dash'], ['busybox', 'ash']]) {
  testAsRoot(
    `${shell.join(' ')}: a connection that is cut in the middle of the trial leaves nothing behind`,
    async (t) => {
      const folder = await mkdtemp(join(tmpdir(), 'ovl-cut-'));
      t.teardown(() => rm(folder, { recursive: true, force: true }));
      await execa('mount', ['-t', 'tmpfs', 'scratch', folder]);
      try {
        const [file = '', ...first] = shell;
        const script = await probeScript(true);
        const child = execa(file, [...first, '-c', script, 'probe', mark, folder, '--'], {
          buffer: false,
          reject: false,
          stdin: 'ignore',
          timeout: 20_000,
        });
        let said = '';
        child.stdout.on('data', (chunk: Buffer) => {
          said += chunk.toString('latin1');
          if (said.includes('union yes')) child.stdout.destroy();
        });
        await child;
        t.true(said.includes('union yes'));
        t.deepEqual(await readdir(folder), []);
        t.false((await readFile('/proc/self/mountinfo', 'utf8')).includes(`${folder}/`));
      } finally {
        await execa('umount', ['--recursive', folder]);
      }
    },
  );
}

test('a scratch directory that is not there is no scratch directory', async (t) => {
  const { facts } = await answered(['sh'], { scratch: '/no/such/place' });
  t.deepEqual(facts.scratch, {
    kind: 'unknown',
    because: 'no directory can be made in /no/such/place',
  });
});

test('programs with hostile names and words cannot add facts', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-hostile-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const hostile =
    '#!/bin/sh\nprintf "\\033[2J\\nmark end \\nmark begin release\\n9.9\\nmark end \\n"; exit 0\n';
  await mkdir(join(folder, 'bin'));
  for (const name of ['blkid', 'overlay_helper', 'uname', 'stat']) {
    await writeFile(join(folder, 'bin', name), hostile, { mode: 0o755 });
  }
  const { facts } = await answered(['sh'], { path: `${folder}/bin:${process.env.PATH ?? ''}` });
  t.not(knownValue(facts.kernel.release), '9.9');
  t.is(knownValue(facts.overlaykit.helper), '\u001b[2J');
  t.deepEqual(knownValue(facts.storage.labels), []);
});

test('through the port: a talkative login is nobody’s fact, and what is no shell is said so', async (t) => {
  const facts: Facts = await probe(
    localDevice({ prefix: ['sh', '-c', 'echo Welcome; exec "$@"', 'login'] }),
    { paths: ['/etc'] },
  );
  t.is(knownValue(facts.paths)?.find(({ path }) => path === '/etc')?.kind, 'directory');
  const applets = (await loadShellLibrary()).functions.flatMap((one) => one.applets);
  const found = knownValue(facts.programs.found)?.map(({ name }) => name) ?? [];
  t.true(applets.includes('findfs') && found.includes('findfs'), 'what overlay_init calls is asked for');
  const error = await t.throwsAsync(probe(localDevice({ prefix: ['echo'] })), { instanceOf: Failure });
  t.is(error?.diagnostics[0]?.code, 'OVL601');
  t.is(error?.diagnostics[0]?.boardState, 'unchanged');
});
