import { readFile } from 'node:fs/promises';
import test from 'ava';
import { codes } from '../../src/diagnostics/codes/index.ts';
import { projectFiles } from '../support/project-files.ts';

const files = await projectFiles();

/** Every code that the text of some files names. */
async function named(which: (path: string) => boolean): Promise<ReadonlySet<string>> {
  const texts = await Promise.all(files.filter(which).map((path) => readFile(path, 'utf8')));
  return new Set(texts.flatMap((text) => text.match(/\bOVL\d{3}\b/g) ?? []));
}

const inSource = await named((path) => /^src\/(?!diagnostics\/codes\/).*\.ts$/.test(path));
const inTests = await named((path) => path.startsWith('test/') && path !== 'test/architecture/codes.test.ts');
const inText = await named((path) => /^(docs|board-configs|rootfs-scripts)\/|^README\.md$/.test(path));

test('every code in the table is used, and every code used is in the table', (t) => {
  t.deepEqual(
    Object.keys(codes).filter((code) => !inSource.has(code)),
    [],
    'never reported',
  );
  t.deepEqual(
    [...inSource, ...inText].filter((code) => !Object.hasOwn(codes, code) && !isExample(code)),
    [],
    'not in the table',
  );
});

test('every code is held by a test or a golden', (t) => {
  t.deepEqual(
    Object.keys(codes).filter((code) => !inTests.has(code)),
    [],
  );
});

test('every code has a title of one line and an explanation that says more', (t) => {
  for (const [code, { title, explanation }] of Object.entries(codes)) {
    t.regex(title, /^[^\n]{10,90}[^.\n]$/, code);
    t.true(explanation.length > 1.5 * title.length, code);
    t.true(
      explanation.split('\n').every((line) => line.length <= 125),
      `${code} has a line too wide for a terminal`,
    );
    t.is(explanation, explanation.trim(), code);
  }
});

/** Comments and usage examples may show a code without meaning it. */
function isExample(code: string): boolean {
  return code === 'OVL000';
}
