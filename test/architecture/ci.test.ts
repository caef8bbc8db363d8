import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { packageRoot } from '../../src/system/package-root.ts';

/** Runs .ci/run in a folder where `npm` is a script of the test. */
async function ci(
  t: ExecutionContext,
  npm: string,
): Promise<{ readonly last: string | undefined; readonly exitCode: number | undefined }> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-ci-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, '.ci'));
  await copyFile(join(packageRoot(), '.ci', 'run'), join(folder, '.ci', 'run'));
  await writeFile(join(folder, 'npm'), `#!/bin/sh\n${npm}\n`);
  await chmod(join(folder, 'npm'), 0o755);
  const { stdout, exitCode } = await execa(join(folder, '.ci', 'run'), {
    reject: false,
    env: { PATH: `${folder}:${process.env.PATH}` },
  });
  return { last: stdout.split('\n').at(-1), exitCode };
}

test('CI: the counts are the last line, whatever npm says after them', async (t) => {
  const npm = '[ "$1" = ci ] || { echo "7 passed, 0 failed, 1 skipped"; echo "npm notice"; }';
  t.deepEqual(await ci(t, npm), { last: '7 passed, 0 failed, 1 skipped', exitCode: 0 });
});

test('CI: a failed test fails it', async (t) => {
  const npm = '[ "$1" = ci ] || { echo "7 passed, 2 failed, 0 skipped"; echo "npm error" >&2; exit 1; }';
  t.deepEqual(await ci(t, npm), { last: '7 passed, 2 failed, 0 skipped', exitCode: 1 });
});

test('CI: where the tests are never reached, the line is there and says failed', async (t) => {
  const last = '0 passed, 1 failed, 0 skipped';
  t.deepEqual(await ci(t, 'echo "npm error" >&2; exit 7'), { last, exitCode: 1 });
  t.deepEqual(await ci(t, '[ "$1" = ci ] || exit 0'), { last, exitCode: 1 });
});
