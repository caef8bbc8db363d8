import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename } from 'node:path';
import test from 'ava';
import { packageRoot } from '../../src/system/package-root.ts';
import { projectFiles } from '../support/project-files.ts';

const files = await projectFiles();
const isCode = (path: string): boolean => /\.(ts|sh|c|h|py)$/.test(path);

test('no file of code is longer than 300 lines', async (t) => {
  const long = await Promise.all(
    files.filter(isCode).map(async (path) => {
      const lines = (await readFile(path, 'utf8')).split('\n').length - 1;
      return lines > 300 ? [`${path}: ${lines}`] : [];
    }),
  );
  t.deepEqual(long.flat(), []);
});

test('no folder or file is named after having no name', (t) => {
  const nameless = /^(utils?|helpers|common|misc|lib|core|types|index2|stuff)(\.\w+)?$/;
  const parts = files.filter((path) => path.startsWith('src/') || path.startsWith('test/'));
  t.deepEqual(
    parts.filter((path) => path.split('/').some((part) => nameless.test(part))),
    [],
  );
});

test('the top of the tree has only what belongs there', (t) => {
  const expected = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'board-configs',
    'docs',
    'package-lock.json',
    'package.json',
    'rootfs-scripts',
    'src',
    'test',
    'tsconfig.json',
  ];
  const top = new Set(files.map((path) => path.split('/')[0] ?? '').filter((name) => !name.startsWith('.')));
  t.deepEqual(
    [...top].filter((name) => !expected.includes(name)),
    [],
  );
});

test('every folder of src/ opens with a comment that says what it is for', async (t) => {
  const mute = await Promise.all(
    files
      .filter((path) => path.startsWith('src/') && path.endsWith('.ts'))
      .map(async (path) => {
        const head = (await readFile(path, 'utf8')).slice(0, 400);
        return head.includes('/**') ? [] : [path];
      }),
  );
  t.deepEqual(mute.flat(), []);
});

test('no file knows the place of this checkout or the home of whoever works on it', async (t) => {
  // A home of "/root" or a checkout in "/src" is a word that may well stand in a text about boards.
  const places = [packageRoot(), homedir()].filter((place) => place.split('/').length > 2);
  const found = await Promise.all(
    files.map(async (path) => {
      const text = await readFile(path, 'latin1');
      return places.filter((place) => text.includes(place)).map((place) => `${path}: ${place}`);
    }),
  );
  t.deepEqual(found.flat(), []);
});

interface LockEntry {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

async function lockEntries(): Promise<readonly (readonly [string, LockEntry])[]> {
  const lock = JSON.parse(await readFile('package-lock.json', 'utf8')) as {
    readonly packages: Readonly<Record<string, LockEntry>>;
  };
  return Object.entries(lock.packages);
}

test('the lock file names no host, and what it names has a digest', async (t) => {
  const entries = (await lockEntries()).filter(([name]) => name !== '');
  t.true(entries.length > 10);
  t.deepEqual(
    entries.filter(([, entry]) => entry.resolved !== undefined).map(([name]) => name),
    [],
  );
  // A registry may lack the programs of other platforms than its users'; then their digests cannot be had.
  const ofOnePlatform = ({ optional, os }: LockEntry): boolean => optional === true && os !== undefined;
  t.deepEqual(
    entries
      .filter(([, entry]) => entry.integrity === undefined && !ofOnePlatform(entry))
      .map(([name]) => name),
    [],
  );
});

test('the lock file is complete: npm ci refuses one that lacks the programs of other platforms', async (t) => {
  const entries = await lockEntries();
  const names = new Set(entries.map(([path]) => path.slice(path.lastIndexOf('node_modules/') + 13)));
  const needed = entries.flatMap(([, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies }),
  );
  t.deepEqual(
    needed.filter((name) => !names.has(name)),
    [],
    'npm drops them where the registry does not have them; put them back from the version before',
  );
});

test('test files are where their tier is', (t) => {
  const tiers = [
    'unit',
    'golden',
    'shell',
    'sandbox',
    'vm',
    'image',
    'helper',
    'cli',
    'ssh',
    'architecture',
    'bench',
  ];
  const astray = files.filter(
    (path) => path.endsWith('.test.ts') && !tiers.some((tier) => path === `test/${tier}/${basename(path)}`),
  );
  t.deepEqual(astray, []);
});
