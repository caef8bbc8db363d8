/** The reference says what the program says. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { boardVerbs, usageOf } from '../../src/helper/board-verbs.ts';
import { verbExit } from '../../src/shared/verb-exit.ts';
import { packageRoot } from '../../src/system/package-root.ts';

const page = await readFile(join(packageRoot(), 'docs/reference/helper.md'), 'utf8');

test('docs/reference/helper.md has every verb as its usage has it, and no other', (t) => {
  const rows = page.split('\n').filter((line) => line.startsWith('| `overlay_helper '));
  t.deepEqual(
    rows,
    boardVerbs.map((verb) => `| \`${usageOf(verb).replaceAll('|', '\\|')}\` | ${verb.does} |`),
  );
});

test('docs/reference/helper.md has every exit code, and no other', (t) => {
  const codes = [...page.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
  t.deepEqual(codes, Object.values(verbExit));
});
