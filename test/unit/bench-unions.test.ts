/** What `bench` mounts for each union that a board can have: mini_fo and overlayfs are in no kernel that tests can boot. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { dataAt, readUnion } from '../../src/helper/bench-scene.ts';
import type { BoardPort } from '../../src/helper/storage-port.ts';
import { boardPaths } from '../../src/shared/helper-protocol.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { boardText, renderBoard } from '../support/plans.ts';

const at = { lower: '/run/lower', upper: '/overlay/bench/upper', work: '/overlay/bench/work' };

/** The file system and the data of mount(2) on a board that runs on a rung of this plan. */
function mounted(planJson: string, rung: string): readonly [fstype: string, data: string] {
  const port: Pick<BoardPort, 'readJson'> = {
    readJson: (path: string) => (path === boardPaths.plan ? JSON.parse(planJson) : {}),
  };
  const union = readUnion(port as BoardPort, rung);
  return [union.fstype, dataAt(union, at)];
}

async function shipped(name: string): Promise<string> {
  const text = await readFile(join(packageRoot(), 'board-configs', `${name}.yaml`), 'utf8');
  return (await renderBoard(text, `${name}.yaml`)).planJson;
}

test('mini_fo: the base and the storage of the bench, and nothing else', async (t) => {
  const plan = await shipped('wrt54gl');
  for (const rung of ['persistent', 'tmpfs'])
    t.deepEqual(mounted(plan, rung), ['mini_fo', 'base=/run/lower,sto=/overlay/bench/upper'], rung);
});

test('overlayfs before Linux 3.18: no work directory', async (t) => {
  const { planJson } = await renderBoard(
    boardText({ kernel: { version: '3.10', filesystems: ['overlayfs', 'jffs2', 'squashfs', 'tmpfs'] } }),
  );
  t.deepEqual(mounted(planJson, 'persistent'), [
    'overlayfs',
    'lowerdir=/run/lower,upperdir=/overlay/bench/upper',
  ]);
});

test('overlay: every option of the running one, in its order', async (t) => {
  const [fstype, data] = mounted(await shipped('lab-jffs2'), 'persistent');
  t.is(fstype, 'overlay');
  const [lower, upper, work, ...rest] = data.split(',');
  t.deepEqual(
    [lower, upper, work],
    ['lowerdir=/run/lower', 'upperdir=/overlay/bench/upper', 'workdir=/overlay/bench/work'],
  );
  t.true(rest.includes('redirect_dir=nofollow') && rest.includes('metacopy=off'), data);
});

test('a rung without a union is told by its name', async (t) => {
  const plan = await shipped('wrt54gl');
  t.throws(() => mounted(plan, 'read-only'), { message: /how the union of rung "read-only" is mounted/ });
});
