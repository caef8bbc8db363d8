/** The boards that are shipped: right by our own judge, and by a JSON Schema validator that knows nothing of us. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import test from 'ava';
import { parse } from 'yaml';
import { readBoard } from '../../src/board/check.ts';
import { boardTemplate } from '../../src/board/template.ts';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';
import { planBoard } from '../../src/plan/plan.ts';

const folder = join(import.meta.dirname, '../../board-configs');
const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const schema: object = JSON.parse(readFileSync(join(folder, 'board.schema.json'), 'utf8'));
const valid = new Ajv({ strict: true, allErrors: true, allowUnionTypes: true }).compile(schema);

/** The warnings that are right. Everything else about a shipped board is a mistake in it. */
const warnings: Readonly<Record<string, readonly string[]>> = {
  'lab-cramfs-jffs2.yaml': ['OVL128 type'],
  'lab-i386-jffs2.yaml': ['OVL128 type'],
  'lab-jffs2.yaml': ['OVL128 type'],
  'lab-mipsel-jffs2.yaml': ['OVL128 type'],
  'openipc-gk7205v200.yaml': ['OVL128 type'],
};

test('there are boards of every kind', (t) => {
  t.true(names.length >= 8);
  const boards = names.map((name) => unwrap(read(name)).board);
  t.deepEqual([...new Set(boards.map((board) => board.root.type))].sort(), ['cramfs', 'ext4', 'squashfs']);
  t.deepEqual([...new Set(boards.map((board) => board.storage.type))].sort(), ['ext4', 'jffs2', 'tmpfs']);
  t.true(boards.some((board) => board.union.system === 'mini_fo'));
});

for (const name of names) {
  test(`${name}: no errors, and only the warnings that are right`, (t) => {
    const text = readFileSync(join(folder, name), 'utf8');
    const result = read(name);
    const lines = text.split('\n');
    t.deepEqual(
      result.diagnostics.map(
        (one) => `${one.code} ${lines[(one.place?.line ?? 0) - 1]?.trim().split(':')[0]}`,
      ),
      warnings[name] ?? [],
    );
    t.is(lines[0], '# yaml-language-server: $schema=./board.schema.json');
    t.is(unwrap(result).board.name, name.replace('.yaml', ''), 'the file is named after the board');
    t.regex(text, /^# .*[Ff]acts/m, 'it says where its facts come from');
  });

  test(`${name}: valid by the JSON Schema`, (t) => {
    const text = readFileSync(join(folder, name), 'utf8');
    t.true(valid(parse(text)), JSON.stringify(valid.errors, null, 2));
  });

  test(`${name}: has a plan`, (t) => {
    t.deepEqual(planBoard(unwrap(read(name))).diagnostics, []);
  });
}

test('what ovl init writes is valid by the JSON Schema', (t) => {
  for (const storage of ['jffs2', 'ext4', 'tmpfs', 'file', 'ubifs'] as const) {
    const text = boardTemplate({
      name: 'new',
      arch: 'mips',
      kernel: '5.15',
      root: 'squashfs',
      storage,
      union: 'auto',
    });
    t.true(valid(parse(text)), JSON.stringify(valid.errors, null, 2));
  }
});

test('the JSON Schema refuses what decoding refuses: keys, types, words, forms', (t) => {
  const goldens = join(import.meta.dirname, '../golden/board');
  const bad = readdirSync(goldens).filter(
    (name) => /^OVL11[0-8]-/.test(name) && !/escape|nul-byte/.test(name),
  );
  t.true(bad.length >= 15);
  for (const name of bad) {
    const [text = ''] = readFileSync(join(goldens, name), 'utf8').split('===== ');
    t.false(valid(parse(text)), name);
  }
});

test('the JSON Schema is draft 7, which is what editors read', (t) => {
  t.is((schema as { $schema?: string }).$schema, 'http://json-schema.org/draft-07/schema#');
});

function read(name: string) {
  return readBoard(name, readFileSync(join(folder, name)));
}
