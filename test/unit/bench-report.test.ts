import test from 'ava';
import { type BootRow, type CaseName, caseNames, casesOn, storages } from '../bench/case.ts';
import { expectSameMounts, expectSmoothBoot } from '../bench/fair.ts';
import { mountTableText, parseReport } from '../bench/markers.ts';
import { handOverPart } from '../bench/overlayroot.ts';
import { childrenMs } from '../bench/proc-stat.ts';
import { agreement, bootTables, wallTable, whyTable } from '../bench/report.ts';
import { mean, median, medianDeviation, times } from '../bench/statistics.ts';
import { table } from '../bench/table.ts';

const devtmpfs = (size: string): string =>
  `13 20 0:5 / /dev rw,relatime - devtmpfs devtmpfs rw,size=${size},mode=755`;
const console = `[    0.300000] Run /bench/warm as init process\r
\r
BENCH BEGIN 556858\r
12 20 1:0 / /rom ro,relatime - squashfs /dev/root ro,errors=continue\r
${devtmpfs('56096k')}\r
BENCH LOG\r
14,339,376120,-;overlaykit: rung tmpfs: lost at power off\r
11,340,376130,-;overlaykit: step 9; failed\r
BENCH END\r
[    0.381849] reboot: Power down\r
`;

test('the report is found between what the kernel says', (t) => {
  const { ticks, mounts, log } = parseReport(console);
  t.is(ticks, 556_858);
  t.deepEqual(
    mounts.map(({ target, fstype }) => `${target} ${fstype}`),
    ['/rom squashfs', '/dev devtmpfs'],
  );
  t.deepEqual(log, [
    { level: 6, text: 'overlaykit: rung tmpfs: lost at power off' },
    { level: 3, text: 'overlaykit: step 9; failed' },
  ]);
});

test('a report without mounts is one', (t) => {
  t.deepEqual(parseReport('\nBENCH BEGIN 7\nBENCH LOG\nBENCH END\n'), { ticks: 7, mounts: [], log: [] });
});

for (const [what, text] of [
  ['missing', '[    0.3] Kernel panic - not syncing\n'],
  ['cut off', 'BENCH BEGIN 12\n12 20 1:0 / / ro - squashfs /dev/root ro\nBENCH LOG\n'],
  ['without a number', 'BENCH BEGIN \nBENCH LOG\nBENCH END\n'],
] as const) {
  test(`a report that is ${what} is an error that quotes the console`, (t) => {
    const { message = '' } = t.throws(() => parseReport(text), { instanceOf: Error }) ?? {};
    t.true(message.includes(text.trim().split('\n')[0] ?? 'nothing'));
  });
}

test('mount tables differ by a mount or an option, and not by the size of the memory', (t) => {
  const text = (line: string): string =>
    mountTableText(parseReport(`BENCH BEGIN 1\n${line}\nBENCH LOG\nBENCH END\n`).mounts);
  t.is(text(devtmpfs('56096k')), text(devtmpfs('56004k')));
  const overlay = '20 1 0:15 / / rw,relatime - overlay overlay rw,lowerdir=/';
  t.not(text(overlay), text(`${overlay},index=off`));
  t.not(text(overlay), text(overlay.replace('rw,relatime', 'rw,noatime')));
  t.not(text(overlay), text(`${overlay}\n${devtmpfs('1k')}`));
});

test('median, mean and deviation', (t) => {
  t.is(median([3, 1, 2]), 2);
  t.is(median([4, 1, 2, 3]), 2.5);
  t.is(median([1000, 1, 2]), 2);
  t.is(mean([1, 2, 6]), 3);
  t.is(medianDeviation([1, 2, 9]), 1);
  t.throws(() => median([]), { instanceOf: RangeError });
  t.throws(() => mean([]), { instanceOf: RangeError });
});

test('ratios for people', (t) => {
  t.is(times(9, 4), '2.25');
  t.is(times(61.4, 2), '30.7');
  t.is(times(1, 0), '-');
});

test('a table has its first column left and the others right', (t) => {
  t.is(
    table(
      ['', 'µs'],
      [
        ['long name', '5'],
        ['x', '1234'],
      ],
    ),
    '             µs\n---------  ----\nlong name     5\nx          1234\n',
  );
});

const row = (name: CaseName, ...ticks: readonly number[]): BootRow => ({
  storage: 'tmpfs',
  temperature: 'warm',
  case: name,
  ticks,
});

test('executing init is taken off before anything is compared', (t) => {
  const text = bootTables([
    row('control', 100_000, 100_000),
    row('floor', 500_000, 500_000),
    row('ten-lines', 2_100_000, 2_100_001),
  ]);
  const cells = text
    .split('\n')
    .slice(3, 6)
    .map((line) => line.split(/ {2,}/));
  t.deepEqual(cells, [
    ['init executed at once', '100', '2 identical'],
    ['static C, the system calls alone', '400', '1.00', '0.20', '2 identical'],
    ['ten lines of shell, by hand', '2000', '5.00', '1.00', 'DIFFERENT: 2100000, 2100001'],
  ]);
});

test('each storage and temperature has a table of its own', (t) => {
  const text = bootTables([row('control', 1), { ...row('control', 2), temperature: 'cold' }]);
  t.deepEqual(
    text.split('\n').filter((line) => /^\w+, \w+$/.test(line)),
    ['tmpfs, warm', 'tmpfs, cold'],
  );
});

test('runs that differ are told', (t) => {
  t.is(agreement([5]), 'one only');
  t.is(agreement([5, 5]), '2 identical');
  t.regex(agreement([5, 5, 6]), /^DIFFERENT: 5, 5, 6$/);
});

test('a part costs what the whole of its kind has more', (t) => {
  const text = whyTable([
    { helper: false, without: 'nothing', ticks: 9_000_000 },
    { helper: false, without: 'say', ticks: 8_000_000 },
    { helper: true, without: 'nothing', ticks: 20_000_000 },
    { helper: true, without: 'verify', ticks: 14_000_000 },
  ]);
  t.regex(text, /^alone: without say +8000 +1000$/m);
  t.regex(text, /^with helper: without verify +14000 +6000$/m);
  t.is(whyTable([]), '');
});

test('wall times are compared with the first command', (t) => {
  const text = wallTable([
    { command: 'node -e 0', wallMs: [40, 50, 60], cpuMs: [40, 40, 40] },
    { command: 'ovl check', wallMs: [100, 100, 900], cpuMs: [50, 60, 70] },
  ]);
  t.regex(text, /^node -e 0 +50 ±10 +1\.00 +40 +1\.00 +3$/m);
  t.regex(text, /^ovl check +100 ±0 +2\.00 +60 +1\.50 +3$/m);
  t.is(wallTable([]), '');
});

test("children's processor time is read behind a name with brackets in it", (t) => {
  const stat = '42 (a b) c) S 1 42 42 0 -1 4194560 100 200 0 0 5 6 70 80 20 0 11 0 12345';
  t.is(childrenMs(stat), 1500);
  t.throws(() => childrenMs('42 (node) S 1'), { instanceOf: Error });
});

test('a boot that fell back, or in which the helper did not enter, is not compared', (t) => {
  const entered = { level: 6, text: 'overlay_helper: boot: rung tmpfs: the root is overlay' };
  const long = { level: 6, text: 'overlay_helper: enter: rung tmpfs: the root is overlay' };
  const settled = { level: 6, text: 'overlaykit: rung tmpfs: changes are lost' };
  const broken = { level: 3, text: 'overlaykit: overlay_helper is broken' };
  t.notThrows(() => expectSmoothBoot('script', [settled]));
  t.notThrows(() => expectSmoothBoot('script-and-helper', [settled, entered]));
  t.notThrows(() => expectSmoothBoot('control', []));
  t.throws(() => expectSmoothBoot('script-and-helper', [settled, long]), { message: /did not boot/ });
  t.throws(() => expectSmoothBoot('script-and-helper', [settled]), { message: /did not boot/ });
  t.throws(() => expectSmoothBoot('script', [settled, entered]), { message: /did not boot/ });
  t.throws(() => expectSmoothBoot('script', [settled, broken]), { message: /is broken/ });
});

test('cases that end with different mounts are not compared', (t) => {
  const script = ['script', 'tmpfs /overlay'] as const;
  t.notThrows(() => expectSameMounts('tmpfs', new Map([['floor', 'tmpfs /overlay'] as const, script])));
  t.throws(() => expectSameMounts('tmpfs', new Map([['floor', ''] as const, script])), {
    message: /static C.*overlay_init's mounts/,
  });
});

test("overlayroot is measured from where Debian's init comes to it, and on no flash", (t) => {
  const init =
    'early\n# We expect udev\nother\n# We expect udev\nrun_scripts /scripts/init-bottom\nexec run-init\n';
  const part = handOverPart(init);
  t.true(part.startsWith('#!/bin/sh\nexport PATH='));
  t.true(part.endsWith('# We expect udev\nrun_scripts /scripts/init-bottom\nexec run-init\n'));
  t.notRegex(part, /early|other/);
  t.throws(() => handOverPart('exec run-init\n'), { message: /does not run init-bottom/ });
  t.true(casesOn(storages.tmpfs).includes('overlayroot'));
  t.deepEqual(
    caseNames.filter((name) => !casesOn(storages.jffs2).includes(name)),
    ['overlayroot'],
  );
});
