import { Readable } from 'node:stream';
import test from 'ava';
import {
  goals,
  type HelperFigures,
  type HelperSizeRow,
  type WayName,
  type WayRow,
} from '../bench/helper-case.ts';
import { helperTables, verdicts } from '../bench/helper-table.ts';
import { countInstructions } from '../bench/instructions.ts';
import { readOptions } from '../bench/options.ts';
import { parseResident } from '../bench/resident.ts';
import { expectEntered, expectHelpersMounts } from '../bench/ways.ts';

const way = (name: WayName, ticks: number, temperature: WayRow['temperature'] = 'warm'): WayRow => ({
  way: name,
  temperature,
  ticks: [ticks, ticks],
});
const x86: HelperSizeRow = {
  arch: 'x86_64',
  bytes: goals.bytes,
  xzBytes: goals.xzBytes,
  gzipBytes: 120_000,
  memory: [
    { verb: 'verify', residentKiB: goals.residentKiB, anonymousKiB: 140 },
    { verb: 'nothing', residentKiB: 400, anonymousKiB: 200 },
  ],
  instructions: 2_000_000,
};
const ways = [
  way('init', 100_000),
  way('floor', 200_000),
  way('moves', 250_000),
  way('busybox', 600_001),
  way('helper', 600_000),
];
const good: HelperFigures = { sizes: [x86], ways };
const met = (figures: HelperFigures): readonly boolean[] => verdicts(figures).map((one) => one.met);

test('figures at the goals meet all of them', (t) => {
  t.deepEqual(met(good), [true, true, true, true, true]);
  t.false(helperTables(good).includes('NOT MET'));
});

test('each figure beyond its goal fails that goal and no other', (t) => {
  const withSize = (change: Partial<HelperSizeRow>): HelperFigures => ({
    sizes: [{ ...x86, ...change }],
    ways,
  });
  t.deepEqual(met(withSize({ bytes: goals.bytes + 1 })), [false, true, true, true, true]);
  t.deepEqual(met(withSize({ xzBytes: goals.xzBytes + 1 })), [true, false, true, true, true]);
  const memory = [{ verb: 'verify', residentKiB: goals.residentKiB + 1, anonymousKiB: 1 }];
  t.deepEqual(met(withSize({ memory })), [true, true, false, true, true]);
  const slower = (change: WayRow): HelperFigures => ({
    sizes: [x86],
    ways: ways.map((one) => (one.way === change.way ? change : one)),
  });
  t.deepEqual(met(slower(way('floor', 199_999))), [true, true, true, false, true]);
  t.deepEqual(met(slower(way('busybox', 600_000))), [true, true, true, true, false]);
});

test('a figure that is missing meets no goal', (t) => {
  t.deepEqual(met({ sizes: [], ways: [] }), [false, false, false, false, false]);
  t.true(verdicts({ sizes: [], ways: [] }).every(({ found }) => found === 'n/a'));
});

test('goals are for x86_64, warm', (t) => {
  const cold = ways.map((one) => way(one.way, (one.ticks[0] ?? 0) * (one.way === 'helper' ? 9 : 1), 'cold'));
  const large = { arch: 'mips', bytes: 900_000, xzBytes: 900_000, gzipBytes: 900_000 };
  t.deepEqual(met({ sizes: [large, x86], ways: [...cold, ...ways] }), [true, true, true, true, true]);
});

test('the tables have a row for each architecture and way, and say what was not measured', (t) => {
  const mips: HelperSizeRow = {
    arch: 'mips',
    bytes: 300_000,
    xzBytes: 116_000,
    gzipBytes: 140_000,
    memory: [{ verb: 'verify', residentKiB: 360, anonymousKiB: 170 }],
    instructions: 3_000_000,
  };
  const verbs = { arch: 'verbs, for all', bytes: 120_000, xzBytes: 48_000, gzipBytes: 56_000 };
  const text = helperTables({ sizes: [x86, mips, verbs], ways });
  t.regex(text, /^x86_64 +210000 +105000 +120000 +350 \(140 own\) +400 \(200 own\) +2000000 +1\.00$/m);
  t.regex(text, /^mips +300000 +116000 +140000 +360 \(170 own\) +n\/a +3000000 +1\.50$/m);
  t.regex(text, /^verbs, for all +120000 +48000 +56000 +n\/a +n\/a +n\/a +n\/a$/m);
  t.regex(text, /^overlay_helper enter +600 +500 +3\.00 +2\.40 +1\.00 +2 identical$/m);
  t.regex(text, /^init executed at once +100 +0 +2 identical$/m);
  t.is(helperTables(undefined), '');
});

test('memory is that of a verb that ended as it should', (t) => {
  t.deepEqual(parseResident('version', 0, 'overlay_helper 1\n0 432 164', ''), {
    verb: 'version',
    residentKiB: 432,
    anonymousKiB: 164,
  });
  t.throws(() => parseResident('verify', 101, '102 432 164', 'nothing is mounted'), {
    message: /ended with 102, and not with 101: .*nothing is mounted/,
  });
  t.throws(() => parseResident('verify', 101, '', ''), { message: /ended with undefined/ });
});

const traced = (...places: readonly string[]) =>
  Readable.from(places.map((place) => `Trace 0: 0x7f00 [0/${place}/2/201] name\n`));

test('instructions are the entries of the log, and what a verb says stands between them', async (t) => {
  const log = Readable.from([
    'Trace 0: 0x7f00 [0/400340/2/201] \nno such',
    ' rung\nTrace 0: 0x7f10 [0/400344/2/201] \n',
  ]);
  t.deepEqual(await countInstructions(log, false), { instructions: 2, said: 'no such rung' });
  t.deepEqual(await countInstructions(traced('10', '14', '80', '84'), false), { instructions: 4, said: '' });
});

test('the instruction behind a branch has no entry where the processor has delay slots, taken or not', async (t) => {
  const branch = traced('00400340', '00400344', '00400354', '00400358', '00400360');
  t.is((await countInstructions(branch, true)).instructions, 7);
  t.is((await countInstructions(traced('0000005500000ff8', '0000005500001000'), true)).instructions, 3);
});

test('a helper that did not enter, or with trouble, is not measured', (t) => {
  const entered = { level: 6, text: 'overlay_helper: enter: rung tmpfs: the root is overlay' };
  const trouble = { level: 3, text: 'overlaykit: overlay_helper could not enter' };
  t.notThrows(() => expectEntered('helper', [entered]));
  t.notThrows(() => expectEntered('busybox', []));
  t.throws(() => expectEntered('helper', []), { message: /did not enter/ });
  t.throws(() => expectEntered('busybox', [entered]), { message: /busybox chroot/ });
  t.throws(() => expectEntered('helper', [entered, trouble]), { message: /could not enter/ });
});

test('the C program that stands for the helper has to leave its mounts', (t) => {
  const tables = (helper: string, moves: string) =>
    new Map<WayName, string>([
      ['helper', helper],
      ['moves', moves],
    ]);
  t.notThrows(() => expectHelpersMounts(tables('overlay /', 'overlay /')));
  for (const bad of [tables('overlay /', 'tmpfs /'), tables('', ''), new Map<WayName, string>()]) {
    t.throws(() => expectHelpersMounts(bad), { message: /the helper's mounts/ });
  }
});

test('the helper is measured only where it is asked for', (t) => {
  const asked = (...words: readonly string[]): unknown => readOptions(words);
  t.like(asked('--only', 'helper'), { helper: true, boot: false, wall: false, reset: false });
  t.like(asked(), { helper: false, boot: true, wall: true });
});
