/** What `ovl log` calls the steps, out of the scripts that boards have. */
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { stepLabels } from '../../src/device/helper/script-steps.ts';

for (const name of ['lab-jffs2', 'wrt54gl']) {
  test(`${name}: the list of the plan is found, and nothing of the script of another plan`, async (t) => {
    const path = new URL(`../golden/plan/${name}.overlay_init`, import.meta.url);
    const text = (await readFile(path, 'utf8')).slice(0, 16 << 10);
    const plan = /^# Plan ([0-9a-f]{64})$/m.exec(text)?.[1] ?? t.fail();
    const labels = stepLabels(text, plan);
    t.regex(labels.get('1') ?? '', /^mount proc on \/proc/);
    t.true([...labels.values()].some((label) => /^mount \S+ on \/overlay/.test(label)));
    t.is(stepLabels(text, '0'.repeat(64)).size, 0);
  });
}
