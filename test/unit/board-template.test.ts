import test from 'ava';
import fc from 'fast-check';
import { readBoard } from '../../src/board/check.ts';
import { architectures, rootTypes, unionSystems } from '../../src/board/schema.ts';
import { storageTypes } from '../../src/board/storage-schema.ts';
import { type BoardAnswers, boardTemplate, type FindKey } from '../../src/board/template.ts';

const kernels = ['2.4.37', '2.6.25', '2.6.36', '3.10', '4.9.37', '6.1'];

/** What may be warned of in a fresh file: unusual kernels, JFFS2 as it is, and what is not built yet. */
const expectedWarnings = ['OVL128', 'OVL130', 'OVL160'];

function read(answers: BoardAnswers) {
  return readBoard('new.yaml', new TextEncoder().encode(boardTemplate(answers)));
}

for (const storage of storageTypes) {
  test(`every combination of answers with storage ${storage} decodes and checks without an error`, (t) => {
    let combinations = 0;
    for (const arch of ['x86_64', 'mips'] as const)
      for (const root of rootTypes)
        for (const union of unionSystems)
          for (const kernel of kernels) {
            const result = read({ name: 'new', arch, kernel, root, storage, union });
            const answers = `${arch} ${root} ${storage} ${union} ${kernel}`;
            t.deepEqual(
              result.diagnostics.filter((one) => !expectedWarnings.includes(one.code)),
              [],
              answers,
            );
            if (!result.ok) return t.fail(answers);
            const { board } = result.value;
            t.is(board.arch, arch);
            t.is(board.root.type, root);
            t.is(board.storage.type, storage);
            t.is(board.kernel.version, kernel);
            if (union !== 'auto') t.is(board.union.system, union);
            combinations++;
          }
    t.is(combinations, 2 * rootTypes.length * unionSystems.length * kernels.length);
  });
}

test('every architecture is written as it is', (t) => {
  for (const arch of architectures) {
    const result = read({
      name: 'new',
      arch,
      kernel: '6.1',
      root: 'squashfs',
      storage: 'tmpfs',
      union: 'auto',
    });
    t.deepEqual(result.diagnostics, [], arch);
    t.true(result.ok && result.value.board.arch === arch);
  }
});

test('whatever is answered arrives whole, or is refused at its place', (t) => {
  const by = fc.constantFrom<FindKey>('mtd', 'label', 'uuid', 'path', 'ubi', 'mtd_number');
  fc.assert(
    fc.property(
      by,
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.string({ unit: 'binary' }),
      (key, value, name) => {
        const result = read({
          name,
          arch: 'x86_64',
          kernel: '6.1',
          root: 'squashfs',
          storage: 'ext4',
          find: { by: key, value },
          union: 'auto',
        });
        t.false(
          result.diagnostics.some((one) => one.code === 'OVL104' || one.code === 'OVL110'),
          'an answer never becomes other YAML',
        );
        if (result.ok) {
          t.is(String(result.value.board.storage.find?.[key]), value);
          t.is(result.value.board.name, name);
        }
      },
    ),
    { numRuns: 500 },
  );
});

test('of what uname -r prints the numbers are taken', (t) => {
  for (const [printed, version] of Object.entries({
    '6.1.0-18-amd64': '6.1.0',
    '5.15.134': '5.15.134',
    '4.9+': '4.9',
  })) {
    const result = read({
      name: 'new',
      arch: 'x86_64',
      kernel: printed,
      root: 'squashfs',
      storage: 'tmpfs',
      union: 'auto',
    });
    t.is(result.ok ? result.value.board.kernel.version : undefined, version);
  }
});

test('a name that YAML would read as something else is quoted', (t) => {
  for (const name of ['true', 'null', '007', '1.5', '0x1']) {
    const result = read({
      name,
      arch: 'x86_64',
      kernel: '6.1',
      root: 'squashfs',
      storage: 'tmpfs',
      union: 'auto',
    });
    t.is(result.ok ? result.value.board.name : result.diagnostics[0]?.message, name);
  }
});
