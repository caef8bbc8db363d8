import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import fc from 'fast-check';
import { readBoard } from '../../src/board/check.ts';
import { type CheckedBoard, decodeBoard, decodeBoardBytes, mostBytes } from '../../src/board/decode.ts';
import { type Diagnostic, unwrap } from '../../src/diagnostics/diagnostic.ts';

const minimal = `version: 1
name: board
arch: x86_64
kernel: { version: "6.1" }
root: { type: squashfs }
storage:
  type: jffs2
  find: { mtd: storage }
`;

/** Board files to damage: the shipped ones and all inputs of the goldens. */
const samples = [
  ...textsOf('../../board-configs', '.yaml'),
  ...textsOf('../golden/board', '.txt').map((text) => text.split('===== ')[0] ?? ''),
];

function textsOf(folder: string, ending: string): readonly string[] {
  const path = join(import.meta.dirname, folder);
  return readdirSync(path)
    .filter((name) => name.endsWith(ending))
    .map((name) => readFileSync(join(path, name), 'utf8'));
}

/** Whether every place lies inside the text: its lines exist, its columns too, and its end is not before its start. */
function misplaced(text: string, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const lines = text.replace(/^\uFEFF/, '').split('\n');
  return diagnostics.filter(({ place }) => {
    if (place === undefined) return true;
    const { line, column, endLine, endColumn } = place;
    const inside = (row: number, at: number) =>
      row >= 1 && row <= lines.length && at >= 1 && at <= (lines[row - 1]?.length ?? 0) + 1;
    const forward = endLine > line || (endLine === line && endColumn >= column);
    return !(inside(line, column) && inside(endLine, endColumn) && forward);
  });
}

function holds(text: string): boolean {
  const { diagnostics } = readBoard('board.yaml', new TextEncoder().encode(text));
  return misplaced(text, diagnostics).length === 0;
}

test('no text makes it throw, and every place lies inside the file', (t) => {
  t.notThrows(() =>
    fc.assert(fc.property(fc.string({ unit: 'grapheme', maxLength: 400 }), holds), { numRuns: 300 }),
  );
  const yamlish = fc.string({
    unit: fc.constantFrom(
      ...'ab: -?[]{},"\'|>&*!%#\n\t\r<01x.~@`'.split(''),
      '---',
      '<<',
      'type',
      '\n  ',
      '0x1',
    ),
    maxLength: 60,
  });
  t.notThrows(() => fc.assert(fc.property(yamlish, holds), { numRuns: 2000 }));
});

test('no damage to a board file makes it throw, and every place lies inside the file', (t) => {
  const damage = fc
    .record({
      sample: fc.constantFrom(...samples),
      at: fc.nat(3000),
      cut: fc.nat(30),
      put: fc.string({ unit: 'grapheme', maxLength: 8 }),
    })
    .map(({ sample, at, cut, put }) => {
      const start = at % (sample.length + 1);
      return sample.slice(0, start) + put + sample.slice(start + cut);
    });
  t.notThrows(() => fc.assert(fc.property(damage, holds), { numRuns: 1500 }));
});

test('no bytes make it throw', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const result = decodeBoardBytes('board.yaml', bytes);
        return !result.ok && result.diagnostics.length > 0;
      }),
      { numRuns: 500 },
    ),
  );
});

test('a value remembers its place', (t) => {
  const checked = unwrap(decodeBoard('board.yaml', minimal));
  t.deepEqual(checked.where(['storage', 'find', 'mtd']), placed(8, 16, 23));
  t.deepEqual(checked.where(['arch']), placed(3, 7, 13));
});

test('a mapping is shown by its key, a default by what is nearest above it', (t) => {
  const checked = unwrap(decodeBoard('board.yaml', minimal));
  t.deepEqual(checked.where(['storage']), placed(6, 1, 8));
  t.deepEqual(checked.where(['storage', 'wait']), placed(6, 1, 8));
  t.deepEqual(checked.where(['storage', 'find', 'label']), placed(8, 3, 7));
  t.deepEqual(checked.where(['enter', 'newroot']), placed(1, 1, 2));
});

function placed(line: number, column: number, endColumn: number) {
  return { file: 'board.yaml', line, column, endLine: line, endColumn };
}

test('states tells what the file says from what is the default', (t) => {
  const checked = unwrap(decodeBoard('board.yaml', minimal));
  t.true(checked.states(['storage', 'find', 'mtd']));
  t.false(checked.states(['storage', 'wait']));
  t.is(checked.board.storage.wait, 5000);
});

test('sizes may have units, fractions and hexadecimal digits', (t) => {
  const size = (written: string) => {
    const checked = unwrap(decodeBoard('board.yaml', `${minimal}  size: ${written}\n`));
    return checked.board.storage.size;
  };
  t.is(size('64KiB'), 65536);
  t.is(size('64k'), 65536);
  t.is(size('3.5 MiB'), 3670016);
  t.is(size('0x360000'), 3538944);
  t.is(size('"0x00360000"'), 3538944);
  t.is(size('512B'), 512);
});

test('a size that comes to nothing, or to part of a byte, is refused', (t) => {
  for (const written of ['0KiB', '0x0', '0.3B', '0.0001KiB', '99999999999999999999GiB', '-1KiB']) {
    const result = decodeBoard('board.yaml', `${minimal}  size: ${written}\n`);
    t.deepEqual(
      result.diagnostics.map((one) => one.code),
      ['OVL116'],
      written,
    );
  }
});

test('a tmpfs limit that the kernel would read differently is refused', (t) => {
  const codes = (written: string) =>
    decodeBoard('board.yaml', `${minimal}tmpfs: { size: "${written}" }\n`).diagnostics.map((one) => one.code);
  t.deepEqual(codes('16MiB'), []);
  t.deepEqual(codes('50%'), []);
  t.deepEqual(codes('0MiB'), ['OVL116']);
  t.deepEqual(codes('1.5MiB'), ['OVL116']);
  t.deepEqual(codes('0%'), ['OVL116']);
  t.deepEqual(codes('101%'), ['OVL116']);
});

test('with storage on tmpfs the ladder has no persistent rung, and the size is the limit of the upper', (t) => {
  const tmpfs = minimal.replace(
    / {2}type: jffs2\n {2}find.*\n/,
    '  type: tmpfs\n  size: 16MiB\n  inodes: 1000\n',
  );
  const { board } = unwrap(decodeBoard('board.yaml', tmpfs));
  t.deepEqual(board.ladder, ['tmpfs', 'read-only', 'rescue']);
  t.is(board.tmpfs.size, '16777216B');
  t.is(board.tmpfs.inodes, 1000);
});

test('a ladder that is given stays as it is given', (t) => {
  const tmpfs = minimal.replace(/ {2}type: jffs2\n {2}find.*\n/, '  type: tmpfs\n');
  const { board } = unwrap(decodeBoard('board.yaml', `${tmpfs}ladder: [persistent, rescue]\n`));
  t.deepEqual(board.ladder, ['persistent', 'rescue']);
});

test('a byte order mark and CR LF change nothing', (t) => {
  const windows = `\uFEFF${minimal.replaceAll('\n', '\r\n')}`;
  const checked: CheckedBoard = unwrap(decodeBoardBytes('board.yaml', new TextEncoder().encode(windows)));
  t.deepEqual(checked.board, unwrap(decodeBoard('board.yaml', minimal)).board);
  t.deepEqual(checked.where(['version']), placed(1, 10, 11));
});

test('the largest file that is read is read, one byte more is not', (t) => {
  const fill = (bytes: number) => `${minimal}#${' '.repeat(bytes - minimal.length - 2)}\n`;
  t.true(decodeBoardBytes('board.yaml', new TextEncoder().encode(fill(mostBytes))).ok);
  const over = decodeBoardBytes('board.yaml', new TextEncoder().encode(fill(mostBytes + 1)));
  t.deepEqual(
    over.diagnostics.map((one) => one.code),
    ['OVL103'],
  );
});

test('no key of a file reaches the prototype of anything', (t) => {
  const hostile = `${minimal}__proto__: { polluted: true }\nunion: { options: { __proto__: polluted } }\n`;
  const result = decodeBoard('board.yaml', hostile);
  t.deepEqual(
    result.diagnostics.map((one) => one.code),
    ['OVL110', 'OVL110'],
  );
  t.is(({} as Record<string, unknown>).polluted, undefined);
});
