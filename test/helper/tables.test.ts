/** The native module has two tables: a boot gets one of them, and what it calls has to be there. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { packageRoot } from '../../src/system/package-root.ts';
import { helperScripts } from '../../src/toolchain/helper.ts';

async function namesIn(table: string): Promise<readonly string[]> {
  const source = await readFile(join(packageRoot(), 'src/helper/native/sys.c'), 'utf8');
  const rows = source.slice(source.indexOf(`${table}[]`));
  return [...rows.slice(0, rows.indexOf('};')).matchAll(/CALL\((\w+), \d\)/g)].map(([, name = '']) => name);
}

const called = (script: string, name: string): boolean => new RegExp(`\\.${name}\\(`).test(script);

test('the script of a boot calls nothing that only a running board has', async (t) => {
  const { boot, board } = await helperScripts();
  const [its, theirs] = [await namesIn('boot_table'), await namesIn('board_table')];
  t.true(its.includes('mount') && theirs.includes('copyIn'));
  t.deepEqual(
    theirs.filter((name) => new RegExp(`\\.${name}\\b`).test(boot)),
    [],
  );
  t.true(called(boot, 'pivotRoot') && called(boot, 'leaveBehind') && called(board, 'copyIn'));
});
