/** Where in the source a call was that the kernel refused: the board knows offsets, ovl the lines, and the lines have the call. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { withPlaces } from '../../src/cli/helper-places.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { withBareFunctions } from '../../src/toolchain/bare-functions.ts';
import { scriptCompiler } from '../../src/toolchain/bytecode.ts';
import { hostCompiler } from '../../src/toolchain/compiler.ts';
import { engineSource } from '../../src/toolchain/engine.ts';
import { helperPlaces } from '../../src/toolchain/helper.ts';
import { withOffsets } from '../../src/toolchain/offsets.ts';
import { keepPlaces } from '../../src/toolchain/places.ts';
import { firstState } from '../support/first-state.ts';
import { onHelperBoard } from '../support/helper-programs.ts';
import { kinds } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';

/** Failures of which the first line that is named has to have this call. */
const failures = [
  [
    '/helper state',
    'rm -r /overlay/overlaykit; : >/overlay/overlaykit',
    'storage.ts',
    "openIn(root, 'overlaykit')",
  ],
  ['/helper features /none', ':', 'features.ts', 'openDirectory('],
  [
    '/helper snapshot',
    'rmdir /overlay/generations/1/work; mkdir /overlay/generations/2.partial; chattr +i /overlay/generations',
    'new-generation.ts',
    'attempt(',
  ],
] as const;

test.before('the tables of lines are kept', async () => {
  const source = await engineSource(process.env.OVL_QUICKJS_SOURCE);
  const tables = await helperPlaces(await scriptCompiler(source, await hostCompiler()));
  for (const [name, places] of Object.entries(tables)) await keepPlaces(name, places);
});

for (const kind of kinds) {
  for (const [script, before, file, call] of failures) {
    testAsRoot(`${kind}: ${script} names the line of the call that failed`, async (t) => {
      const board = { state: firstState(), unmounted: true, storage: 'ext4', before, script } as const;
      const { stderr } = await onHelperBoard(kind, board);
      const said = await withPlaces(stderr);
      t.log(stderr, said);
      const number = new RegExp(` at ${file}:(\\d+)`).exec(said)?.[1];
      const name = file === 'features.ts' ? `verbs/${file}` : file;
      const lines = (await readFile(join(packageRoot(), 'src/helper', name), 'utf8')).split('\n');
      t.regex(lines[Number(number) - 1] ?? '', new RegExp(call.replace(/[()]/g, '\\$&')), said);
    });
  }
}

test('a helper of another build, and a text that only looks like it, are left as they are', async (t) => {
  for (const text of [
    'open EIO at fill+33 < copyAll+2 in board-00000000',
    'at night+1 in board-12',
    'in boot-01234567',
  ])
    t.is(await withPlaces(text), text);
});

test('an engine that makes its traces otherwise is refused', (t) => {
  t.throws(() => withOffsets('int main(void) {}'), { message: /makes traces otherwise/ });
  t.throws(() => withBareFunctions('int main(void) {}'), { message: /makes functions otherwise/ });
});
