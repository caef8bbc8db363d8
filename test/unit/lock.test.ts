import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { withLock } from '../../src/system/lock.ts';

test('a lock: of many that come and go never two have it at once, and none is left over', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-lock-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const path = join(folder, 'lock');
  let inside = 0;
  let most = 0;
  let done = 0;
  const comeAndGo = async () => {
    for (let round = 0; round < 4; round += 1)
      await withLock(path, {}, async (isLocked) => {
        t.true(isLocked);
        inside += 1;
        most = Math.max(most, inside);
        await sleep(2);
        inside -= 1;
        done += 1;
      });
  };
  // Each release removes the file, with others waiting for it and others on their way to make it anew.
  await Promise.all(Array.from({ length: 8 }, comeAndGo));
  t.is(most, 1);
  t.is(done, 32);
  await t.throwsAsync(access(path), { code: 'ENOENT' });
});

test('a lock in a folder that is not there: the action runs, and is told that it is alone with it', async (t) => {
  const isLocked = await withLock('/nonexistent/lock', {}, async (locked) => locked);
  t.false(isLocked);
});
