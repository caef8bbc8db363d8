/** What every shipped board becomes: the plan in words and the whole script, as plain files to read and compare. */
import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import test from 'ava';
import { simulate } from '../../src/plan/simulate.ts';
import { planWords } from '../../src/render/words.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { matchesGolden } from '../support/golden.ts';
import { renderBoard } from '../support/plans.ts';

const folder = join(packageRoot(), 'board-configs');

for (const file of readdirSync(folder).filter((name) => name.endsWith('.yaml'))) {
  const name = basename(file, '.yaml');
  test(`${name}: plan, mount table and script`, async (t) => {
    const { plan, script } = await renderBoard(await readFile(join(folder, file), 'utf8'), file);
    const tables = plan.ladder.map(({ name: rung }) => {
      const lines = simulate(plan, rung).map(({ target, fstype, source, options }) =>
        [target.padEnd(10), fstype.padEnd(9), source ?? '?', options.join(',')].join(' ').trimEnd(),
      );
      return `${rung}\n${lines.map((line) => `  ${line}`).join('\n')}\n`;
    });
    await matchesGolden(t, `plan/${name}.txt`, `${planWords(plan)}\n${tables.join('\n')}`);
    await matchesGolden(t, `plan/${name}.overlay_init`, script);
  });
}
