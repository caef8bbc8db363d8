/**
 * Every way a board file can be wrong, as a plain file: the board above the line, what `ovl check` says below it.
 * UPDATE_GOLDEN=1 writes what is said now below the line, to be read and committed.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { readBoard } from '../../src/board/check.ts';
import { boardCodes } from '../../src/diagnostics/codes/board.ts';
import { formatDiagnostics, summaryLine } from '../../src/diagnostics/format.ts';

const folder = join(import.meta.dirname, '../golden/board');
const divider = '===== ovl check board.yaml =====\n';

/** Inputs that no text file can hold, or should. The golden's upper half says in words what they are. */
const made: Readonly<Record<string, () => Uint8Array>> = {
  'OVL101-empty': () => bytes(''),
  'OVL102-binary': () => Uint8Array.from([0x68, 0x73, 0x71, 0x73, 0, 1, 2, 3]),
  'OVL102-latin1': () => Uint8Array.from([...bytes('name: k'), 0xfc, ...bytes('che\n')]),
  'OVL103-ten-megabytes': () => new Uint8Array(10 * 1024 * 1024).fill(0x61),
  'OVL104-carriage-returns': () => bytes('version: 1\r\nname: "abc\r\narch: mips\r\n'),
  'OVL108-brackets': () => bytes(`version: ${'['.repeat(60_000)}`),
  'OVL108-dashes': () => bytes('- '.repeat(30_000)),
  'OVL116-escape-sequence': () => bytes('version: 1\nname: "\\e]0;owned\\a"\n'),
  'OVL119-not-a-board': () => bytes(Array.from({ length: 300 }, (_, line) => `key${line}: 1\n`).join('')),
};

const goldens = readdirSync(folder).map((name) => name.replace(/\.txt$/, ''));

for (const name of goldens) {
  test(name, (t) => {
    const path = join(folder, `${name}.txt`);
    const [board = '', said = ''] = readFileSync(path, 'utf8').split(divider);
    const input = made[name]?.() ?? bytes(board);
    const { diagnostics } = readBoard('board.yaml', input);
    const source = () => new TextDecoder().decode(input);
    const now = `${formatDiagnostics(diagnostics, 'human', { source })}${diagnostics.length > 0 ? '\n' : ''}${summaryLine(diagnostics, 'board.yaml')}\n`;
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(path, `${board}${divider}${now}`);
    else t.is(now, said);
    const code = name.slice(0, name.indexOf('-'));
    t.true(
      diagnostics.some((one) => one.code === code),
      `${name} is about ${code}`,
    );
    t.notRegex(now.replaceAll('\n', ''), /\p{Cc}/u, 'nothing that a terminal acts on');
  });
}

test('every code of board files has a golden', (t) => {
  const shown = new Set(goldens.map((name) => name.slice(0, name.indexOf('-'))));
  t.deepEqual(
    Object.keys(boardCodes).filter((code) => !shown.has(code)),
    [],
  );
});

test('every made input has a golden', (t) => {
  t.deepEqual(
    Object.keys(made).filter((name) => !goldens.includes(name)),
    [],
  );
});

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
