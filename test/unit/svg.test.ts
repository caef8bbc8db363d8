/** Diagrams: goldens to look at, and documents that are well-formed whatever a plan has in it. */
import test from 'ava';
import fc from 'fast-check';
import { storiesSvg } from '../../src/lab/demo/picture-svg.ts';
import { escapeXml } from '../../src/render/svg/element.ts';
import { wrap } from '../../src/render/svg/ladder.ts';
import { planSvg } from '../../src/render/svg.ts';
import type { MountPlan } from '../../src/shared/plan.ts';
import { matchesGolden } from '../support/golden.ts';
import { boardText, renderBoard } from '../support/plans.ts';
import { flaw } from '../support/xml-flaw.ts';

const { plan } = await renderBoard(boardText({ name: 'svg' }));

const boards: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  jffs2: {},
  tmpfs: { storage: { type: 'tmpfs' }, helper: { enabled: false } },
  layers: {
    layers: [{ name: 'apps', type: 'squashfs', device: '/dev/mmcblk0p4' }],
    enter: { how: 'chroot' },
    ladder: ['persistent', 'read-only'],
  },
  'read-only': { storage: { type: 'tmpfs' }, ladder: ['read-only', 'rescue'] },
};

for (const [name, more] of Object.entries(boards)) {
  test(`the diagram of ${name}`, async (t) => {
    const svg = planSvg((await renderBoard(boardText({ name, ...more }))).plan);
    t.is(flaw(svg), undefined);
    await matchesGolden(t, `svg/${name}.svg`, svg);
  });
}

test('every step and every rung of a plan is in its diagram', (t) => {
  const svg = planSvg(plan);
  const steps = [...plan.prepare, ...plan.ladder.flatMap((rung) => rung.steps)];
  t.is(svg.match(/class="number"/g)?.length, steps.length);
  for (const { name, outcome } of plan.ladder) {
    t.true(svg.includes(`>${name}</text>`));
    t.true(svg.includes(`>${outcome}</text>`));
  }
});

test('a diagram is well-formed and loads nothing, whatever names a plan has', (t) => {
  const name = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constant(']]><script>alert(1)</script>'),
  );
  fc.assert(
    fc.property(name, name, fc.array(name), (board, target, options) => {
      const svg = planSvg(withNames(board, target, options));
      t.is(flaw(svg), undefined);
      t.false(/<script|<image|<use|href=|@import|url\((?!#)/.test(svg));
    }),
    { numRuns: 200 },
  );
});

test('character data and attributes are escaped', (t) => {
  t.is(escapeXml(`<a href="x">&'</a>`), '&lt;a href=&quot;x&quot;&gt;&amp;&#39;&lt;/a&gt;');
  t.is(escapeXml('a\0b\x1bc\ufffe'), 'a?b?c?');
  t.is(escapeXml('größe → ok'), 'größe → ok');
});

test('lines are broken at blanks, and nothing is lost', (t) => {
  t.deepEqual(wrap('aa bb cc', 5), ['aa bb', 'cc']);
  t.deepEqual(wrap('', 5), []);
  fc.assert(
    fc.property(fc.string(), fc.integer({ min: 1, max: 40 }), (line, columns) => {
      const lines = wrap(line, columns);
      t.true(lines.every((one) => one.length <= columns));
      t.is(lines.join('').replaceAll(/\s/g, ''), line.replaceAll(/\s/g, ''));
    }),
  );
});

test('the stories of the demo as a diagram', async (t) => {
  const moment = { base: 'factory' };
  const svg = storiesSvg([
    {
      board: 'lab-jffs2',
      file: '/etc/hostname',
      layers: { merged: 'overlay', storage: 'jffs2, 16 MiB', base: 'squashfs, 1.5 MiB' },
      moments: [
        { ...moment, title: 'new board', merged: 'factory', storage: undefined },
        { ...moment, title: 'written', merged: '<mine>', storage: '<mine>' },
      ],
    },
  ]);
  t.is(flaw(svg), undefined);
  await matchesGolden(t, 'svg/story.svg', svg);
});

/** The plan with these names in it, as no board file could have them. */
function withNames(board: string, target: string, options: readonly string[]): MountPlan {
  return {
    ...plan,
    board: { ...plan.board, name: board },
    ladder: plan.ladder.map((rung) => ({
      ...rung,
      steps: rung.steps.map((step) => (step.kind === 'mount' ? { ...step, target, options } : step)),
    })),
  };
}
