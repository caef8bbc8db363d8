/** `npm run demo` as a person runs it: what it says, that it says it of booted boards, and that nothing of it is left. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { packageRoot } from '../../src/system/package-root.ts';
import { expectNothingLeft, processesWith, vm, work } from '../support/virtual-boards.ts';

/** What package.json's script runs, without npm's own words. */
function demo(...args: readonly string[]) {
  return execa(process.execPath, ['--import=tsx', join('src', 'cli', 'demo.ts'), ...args], {
    cwd: packageRoot(),
    stdin: 'ignore',
    reject: false,
    timeout: 900_000,
    // tsx would keep what it has translated among the temporary files.
    env: { NO_COLOR: '1', FORCE_COLOR: undefined, TSX_DISABLE_CACHE: '1' },
  });
}

vm('the demo shows a root that is written, cut off, reset and forgotten', async (t) => {
  t.timeout(900_000);
  const svg = join(work, 'story.svg');
  const { stdout, stderr, exitCode } = await demo('--svg', svg);
  t.is(exitCode, 0, stderr);
  t.is(stderr, '');
  const lines = stdout.split('\n');
  const told = lines.filter((line) => line.startsWith('    /etc/hostname ')).map((line) => line.slice(39));
  t.deepEqual(told, [
    ...['factory (storage -, /rom factory)', 'my-board (storage my-board, /rom factory)'],
    ...['my-board (storage my-board, /rom factory)', 'factory (storage -, /rom factory)'],
    ...['factory (storage -, /rom factory)', 'my-board (storage my-board, /rom factory)'],
    'factory (storage -, /rom factory)',
  ]);
  t.is(lines.filter((line) => line.startsWith("    process 1 is the board's own init ")).length, 2);
  t.is(lines.filter((line) => line.endsWith('holds, 6 of 6')).length, 3);
  t.is(lines.filter((line) => line.endsWith('out of the merged root')).length, 2);
  t.is(lines.filter((line) => line.endsWith('by /overlay/overlaykit/reset')).length, 1);
  t.true(stdout.includes('│ factory   │ my-board  │ my-board  │ factory   │\n'));
  t.true(stdout.includes('/overlay            │     │     │ my-board  │ my-board  │     │     │\n'));
  t.is((await readFile(svg, 'utf8')).match(/>my-board</g)?.length, 6);
  t.false(stdout.includes('\x1b'), 'no terminal, no escapes');
  t.deepEqual(
    lines.filter((line) => line.length > 80),
    [],
  );
});

vm('an interrupted demo cuts the power of its board', async (t) => {
  const running = demo();
  running.stdout?.on('data', (text: Buffer) => {
    if (String(text).includes('firmware with the bundle')) setTimeout(() => running.kill('SIGINT'), 1500);
  });
  const { exitCode, stdout } = await running;
  t.is(exitCode, 130);
  t.true(stdout.endsWith(`${'‣ Power on a new board'.padEnd(39)}failed`), stdout);
  t.deepEqual(await processesWith(work), []);
});

test('the demo refuses what it does not know', async (t) => {
  const { exitCode, stderr } = await demo('--fast');
  t.is(exitCode, 2);
  t.regex(stderr, /OVL002/);
});

vm('nothing is left behind', expectNothingLeft);
