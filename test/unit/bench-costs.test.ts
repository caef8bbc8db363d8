/** What is made of the times of a bench: ratios, ranges, the table and the chart; and answers that are no times. */
import test from 'ava';
import fc from 'fast-check';
import { boardBench } from '../../src/cli/commands/bench.ts';
import { benchText, duration, percent } from '../../src/cli/words/bench.ts';
import { benchWords } from '../../src/device/helper/bench.ts';
import { type CostChart, costSvg } from '../../src/render/bench-svg.ts';
import { compareBench } from '../../src/shared/bench.ts';
import type { BenchCost, BenchReport } from '../../src/shared/bench-report.ts';
import { matchesGolden } from '../support/golden.ts';
import { failed, saidDevice } from '../support/said-device.ts';
import { flaw } from '../support/xml-flaw.ts';

const { signal } = new AbortController();
const wish = { seconds: 60, noSync: false, dropCaches: false };

const cost = (union: readonly number[], plain: readonly number[]): BenchCost => ({
  ...{ action: 'create', bytes: 1024, count: 1, union, plain },
});
const compared = (union: readonly number[], plain: readonly number[]) => {
  const [first] = compareBench({ costs: [cost(union, plain)] }).comparisons;
  if (first === undefined) throw new Error('nothing was compared');
  return first;
};
const ones = (count: number) => Array.from({ length: count }, () => 100);

const report: BenchReport = {
  schema: 'overlaykit.bench/1',
  ...{ rung: 'persistent', kernel: '6.1.0', union: 'overlay', storage: 'jffs2', base: 'squashfs' },
  ...{ volatile: false, sync: true, rounds: 8, wanted: 8, written: 1_443_840 },
  left: ['files of 1048576 bytes: 18165760 bytes are needed, 4194304 bytes may be written'],
  costs: [
    {
      ...{ action: 'copy-up', bytes: 65_536, count: 1 },
      union: [21e6, 22e6, 20e6, 23e6, 21e6, 22e6, 90e6, 21e6],
      plain: [10e6, 11e6, 10e6, 10e6, 12e6, 10e6, 11e6, 10e6],
    },
    {
      ...{ action: 'create', bytes: 1024, count: 16 },
      union: [16e5, 18e5, 15e5, 17e5, 16e5, 16e5, 18e5, 14e5],
      plain: [16e5, 17e5, 16e5, 16e5, 17e5, 15e5, 17e5, 15e5],
    },
    {
      ...{ action: 'base-read', bytes: 300_000, count: 1 },
      union: [9e4, 9e4, 9e4, 9e4, 9e4, 9e4, 9e4, 9e4],
      plain: [1e5, 1e5, 1e5, 1e5, 1e5, 1e5, 1e5, 1e5],
    },
  ],
};

test('a ratio is the median of the rounds, and its range holds it with ninety percent', (t) => {
  // The third of eight would leave the median outside with 29 %, the second with 7 %.
  const eight = compared([110, 120, 130, 140, 150, 160, 170, 900], ones(8));
  t.like(eight, { ratio: 1.45, low: 1.2, high: 1.7, verdict: 'slower', union: 145, plain: 100 });
  // With five it is 6 % for the outermost, with four 12 %.
  t.like(compared([110, 120, 130, 140, 150], ones(5)), { low: 1.1, high: 1.5, verdict: 'slower' });
  t.like(compared([110, 120, 130, 140], ones(4)), { low: 1.1, high: 1.4, verdict: 'noise' });
  t.like(compared([50], ones(1)), { ratio: 0.5, low: 0.5, high: 0.5, verdict: 'noise' });
});

test('rounds are compared with themselves: what drifts makes no difference', (t) => {
  const drift = [100, 200, 400, 800, 1600, 3200, 6400, 12_800];
  const slower = compared(
    drift.map((time) => time * 1.1),
    drift,
  );
  t.is(slower.verdict, 'slower');
  t.true(Math.abs(slower.ratio - 1.1) < 1e-9 && slower.high - slower.low < 1e-9);
  t.is(compared(drift, drift.toReversed()).verdict, 'noise');
  t.is(compared(ones(8), ones(8)).verdict, 'noise');
  t.is(
    compared(
      ones(8).map((time) => time / 2),
      ones(8),
    ).verdict,
    'faster',
  );
});

test('whatever the times are, the ratio lies in its range, and the other way round it is the inverse', (t) => {
  const time = fc.integer({ min: 1, max: 10 ** 9 });
  fc.assert(
    fc.property(fc.array(fc.tuple(time, time), { minLength: 1, maxLength: 100 }), (rounds) => {
      const [union, plain] = [rounds.map(([one]) => one), rounds.map(([, one]) => one)];
      const [there, back] = [compared(union, plain), compared(plain, union)];
      t.true(there.low <= there.ratio && there.ratio <= there.high);
      t.true(there.spread.union >= 0 && there.spread.plain >= 0);
      t.true(Math.abs(there.low * back.high - 1) < 1e-9);
      const other = { slower: 'faster', faster: 'slower', noise: 'noise' } as const;
      t.is(back.verdict, other[there.verdict]);
    }),
  );
});

test('nothing measured gives no figures', (t) => {
  t.deepEqual(compareBench({ costs: [cost([], [])] }), {
    comparisons: [],
    reads: undefined,
    changes: undefined,
  });
  t.is(percent(undefined), 'not measured');
  t.deepEqual([percent(1.12), percent(0.5), percent(1)], ['+12 %', '-50 %', '+0 %']);
  t.deepEqual([duration(999), duration(1.5e6), duration(2.5e9)], ['1.00 µs', '1.50 ms', '2.50 s']);
});

test('the table and the chart', async (t) => {
  await matchesGolden(t, 'bench/table.txt', benchText(report, compareBench(report)));
  const answer = await boardBench(
    saidDevice('ar150', () => ({ stdout: JSON.stringify(report) })),
    wish,
    true,
    signal,
  );
  t.is(flaw(answer.text), undefined);
  t.is(answer.state, 'reading -10 %, changing +3 %');
  await matchesGolden(t, 'bench/chart.svg', answer.text);
});

test('a chart is well-formed, whatever a board is called and however far its ratios go', (t) => {
  const name = fc.string({ unit: 'binary', maxLength: 200 });
  const ratio = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
  const bar = fc.record({ name, ratio, low: ratio, high: ratio, remark: name, noise: fc.boolean() });
  const chart: fc.Arbitrary<CostChart> = fc.record({
    ...{ title: name, note: name, bars: fc.array(bar, { maxLength: 12 }), remarks: fc.array(name) },
  });
  fc.assert(
    fc.property(chart, (one) => {
      const svg = costSvg(one);
      t.is(flaw(svg), undefined);
      t.false(/NaN|Infinity|undefined/.test(svg.replaceAll(/>[^<]*</g, '><')));
    }),
    { numRuns: 200 },
  );
});

test('what is wished becomes the words of the helper', (t) => {
  t.is(benchWords(wish).join(' '), 'bench --json --seconds 60');
  t.is(
    benchWords({ budget: 1024, rounds: 3, seconds: 5, noSync: true, dropCaches: true }).join(' '),
    'bench --json --seconds 5 --budget 1024 --rounds 3 --no-sync --drop-caches',
  );
});

test('times that are none are OVL624, a board without the helper is OVL620, a refusal OVL622', async (t) => {
  const bench = async (said: Parameters<typeof saidDevice>[1]) =>
    (await failed(t, boardBench(saidDevice('x', said), wish, false, signal))).diagnostics[0]?.code;
  const wrong: readonly unknown[] = [
    { ...report, schema: 'overlaykit.bench/2' },
    { ...report, costs: [cost([1, 2], [1])] },
    { ...report, costs: [cost([0], [1])] },
    { ...report, costs: [cost([1.5], [1])] },
    { ...report, costs: [cost([1e300], [1])] },
    { ...report, costs: [cost(ones(1000), ones(1000))] },
    { ...report, costs: [{ ...cost([1], [1]), count: 0 }] },
    { ...report, costs: [{ ...cost([1], [1]), action: '\u001b[31m' }] },
    { ...report, left: ['x'.repeat(300)] },
  ];
  for (const one of wrong) t.is(await bench(() => ({ stdout: JSON.stringify(one) })), 'OVL624');
  t.is(await bench(() => ({ code: 127 })), 'OVL620');
  t.is(await bench(() => ({ code: 3, stderr: 'no room' })), 'OVL622');
  t.is(await bench(() => ({ code: 4, stderr: 'ENOSPC' })), 'OVL623');
});

test('nothing that a board says of itself reaches the terminal raw', async (t) => {
  const hostile = { ...report, kernel: '\u001b]0;x\u0007', left: ['\u009b1m'] };
  const { text } = await boardBench(
    saidDevice('x', () => ({ stdout: JSON.stringify(hostile) })),
    wish,
    false,
    signal,
  );
  t.true(text.includes('\\x1b]0;x\\x07') && text.includes('left out: \\x9b1m'), text);
});
