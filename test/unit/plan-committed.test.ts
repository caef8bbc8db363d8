/** The rung of a kiosk: in memory over what was committed, where there is something to commit to. */
import test from 'ava';
import { simulate } from '../../src/plan/simulate.ts';
import { boardText, renderBoard } from '../support/plans.ts';

const kiosk = { ladder: ['tmpfs', 'read-only', 'rescue'] };
const rungs = async (more: Readonly<Record<string, unknown>>): Promise<readonly string[]> =>
  (await renderBoard(boardText(more))).plan.ladder.map(({ name }) => name);

test('a ladder that begins in memory begins with what was committed, where there is storage', async (t) => {
  t.deepEqual(await rungs(kiosk), ['committed', 'tmpfs', 'read-only', 'rescue']);
  t.deepEqual(await rungs({ ...kiosk, storage: { type: 'tmpfs' } }), kiosk.ladder);
  t.deepEqual(await rungs({ ladder: ['persistent', 'tmpfs'] }), ['persistent', 'tmpfs']);
  t.deepEqual(await rungs({ ladder: ['read-only', 'rescue'] }), ['read-only', 'rescue']);
});

test('a union that takes one layer below goes without', async (t) => {
  const kernel = { version: '2.6.30' };
  t.deepEqual(await rungs({ ...kiosk, kernel, union: { system: 'mini_fo' } }), kiosk.ladder);
  t.deepEqual(await rungs({ ...kiosk, kernel: { version: '3.18' } }), kiosk.ladder);
});

test('the committed generation lies between memory and the base, and the storage is read-only', async (t) => {
  const { plan, script } = await renderBoard(boardText(kiosk));
  const table = simulate(plan, 'committed', [], 7);
  const root = table.find(({ target }) => target === '/');
  t.true(root?.options.includes('lowerdir=/overlay/committed/generations/7/upper:/'));
  t.true(root?.options.includes('upperdir=/overlay/upper'));
  t.deepEqual(table.find(({ target }) => target === '/overlay/committed')?.options, ['ro', 'noatime']);
  t.notRegex(
    script,
    /write_state|count_attempt|make_reserve|sweep\(\)/,
    'nothing of it writes to the storage',
  );
});
