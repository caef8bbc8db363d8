/** What the torture run reads off a storage: write logs, and what lies on a copy. */
import { createHash } from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import { Random } from '../../src/lab/torture/random.ts';
import { choose, readView, type StorageView } from '../../src/lab/torture/storage-view.ts';
import { type LoggedWrite, readWriteLog, replay } from '../../src/lab/torture/write-log.ts';

const sector = 512;

/** A record as QEMU's blklogwrites writes it: four numbers in a sector, then the data. */
function record(at: number, data: Uint8Array, flags = 0): Buffer {
  const head = Buffer.alloc(sector);
  head.writeBigUInt64LE(BigInt(at / sector), 0);
  head.writeBigUInt64LE(BigInt(data.length / sector), 8);
  head.writeBigUInt64LE(BigInt(flags), 16);
  return Buffer.concat([head, data]);
}

const sectors = (count: number, value: number): Buffer => Buffer.alloc(count * sector, value);

test('a write log is read up to its last whole record', (t) => {
  const log = Buffer.concat([
    sectors(1, 0),
    record(1024, sectors(2, 7)),
    record(0, Buffer.alloc(0), 1),
    record(512, sectors(1, 8), 2),
    record(0, sectors(4, 9)).subarray(0, 3 * sector),
  ]);
  t.like(readWriteLog(log), {
    length: 3,
    0: { begin: 512, end: 2048, at: 1024, flush: false, forced: false },
    1: { begin: 2048, end: 2560, flush: true },
    2: { at: 512, flush: false, forced: true },
  });
  t.deepEqual(readWriteLog(log)[0]?.bytes, sectors(2, 7));
  t.deepEqual(readWriteLog(Buffer.alloc(0)), []);
  t.is(readWriteLog(Buffer.concat([log.subarray(0, 2048), sectors(9, 0)])).length, 1);
});

const writesOf = (count: number, flushes: readonly number[]): readonly LoggedWrite[] =>
  Array.from({ length: count }, (_, index) => ({
    ...{ begin: 0, end: 0, at: (index % 4) * 4096, forced: false },
    flush: flushes.includes(index),
    bytes: flushes.includes(index) ? new Uint8Array(0) : Buffer.alloc(4096, index + 1),
  }));

test('a replay has all that a flush covered, and of the rest only what was written', (t) => {
  const base = Buffer.alloc(4 * 4096);
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 0, max: 20 }), (seed, count) => {
      const writes = writesOf(20, [9]);
      const disk = replay(base, writes, count, new Random(String(seed)));
      const durable = count > 9 ? writes.slice(0, 9) : [];
      for (const place of [0, 1, 2, 3]) {
        const value = disk[place * 4096] ?? 0;
        t.true(disk.subarray(place * 4096, (place + 1) * 4096).every((byte) => byte === value));
        const least = Math.max(
          0,
          ...durable.flatMap((one) => (one.at === place * 4096 ? [one.bytes[0] ?? 0] : [])),
        );
        t.true(value >= least && value <= count, `place ${place}: ${value}`);
      }
    }),
  );
  t.true(base.every((byte) => byte === 0));
});

test('replays differ by their seed alone, and some lose what came last', (t) => {
  const writes = writesOf(8, [3]);
  const disks = Array.from({ length: 40 }, (_, seed) =>
    createHash('md5')
      .update(replay(Buffer.alloc(4 * 4096), writes, 8, new Random(`${seed % 20}`)))
      .digest('hex'),
  );
  t.deepEqual(disks.slice(0, 20), disks.slice(20));
  t.true(new Set(disks).size > 3);
});

const line = (words: string): string => {
  const body = `overlaykit-state 1 ${words}`;
  let sum = 0;
  for (const [, value] of words.matchAll(/=(\S+)/g))
    sum = (sum * 31 + (value === '-' ? 0 : Number(value) + 1)) % 65521;
  return `${body} end=${body.length}.${sum}\n`;
};
const view = (slots: readonly string[], uppers: readonly string[]): StorageView => ({
  request: false,
  slots,
  trees: new Map(uppers.map((path) => [path, new Map()])),
});
const chosen = (slots: readonly string[], uppers: readonly string[]): string => {
  const choice = choose(view(slots, uppers), 3);
  return choice.kind === 'upper' ? choice.path : choice.kind;
};
const uppers = ['generations/1/upper', 'generations/2/upper', 'generations/3/upper'];
const words = (seq: number, rest: string): string => line(`seq=${seq} ${rest} next=4 reset=-`);

test('the state says which upper boots', (t) => {
  const chosenBy = (...slots: readonly string[]): string => chosen(slots, uppers);
  const plain = words(4, 'active=2 previous=1 trying=- attempts=0');
  t.is(chosenBy(plain), 'generations/2/upper');
  t.is(chosenBy(plain, words(5, 'active=3 previous=2 trying=- attempts=1')), 'generations/3/upper');
  t.is(chosenBy(words(5, 'active=3 previous=2 trying=- attempts=1'), plain), 'generations/3/upper');
  t.is(chosenBy(words(5, 'active=2 previous=1 trying=3 attempts=2')), 'generations/3/upper');
  t.is(chosenBy(words(5, 'active=2 previous=1 trying=3 attempts=3')), 'generations/2/upper');
  t.is(chosenBy(words(5, 'active=2 previous=1 trying=- attempts=3')), 'generations/1/upper');
  t.is(chosenBy(words(5, 'active=2 previous=- trying=- attempts=3')), 'none');
  t.is(chosenBy(words(5, 'active=9 previous=- trying=- attempts=0')), 'none');
});

test('a slot that is not whole does not count', (t) => {
  // The line of the decision page.
  t.is(
    chosen(
      ['overlaykit-state 1 seq=12 active=3 previous=2 trying=- attempts=0 next=5 reset=4 end=80.26213\n'],
      uppers,
    ),
    'generations/3/upper',
  );
  t.is(
    chosen(
      ['overlaykit-state 1 seq=12 active=2 previous=3 trying=- attempts=0 next=5 reset=4 end=80.26213\n'],
      uppers,
    ),
    'generations/3/upper',
    'the newest, since the slot is damaged',
  );
  const good = words(4, 'active=1 previous=- trying=- attempts=0');
  const newer = words(5, 'active=2 previous=1 trying=- attempts=0');
  for (let length = 0; length < newer.length; length += 1)
    t.is(chosen([good, newer.slice(0, length)], uppers), 'generations/1/upper');
  t.is(chosen(['noise', ''], uppers), 'generations/3/upper');
  t.is(chosen([], []), 'factory');
  t.is(chosen([], ['upper']), 'upper');
});

test('what the checking board says is read', (t) => {
  const md5 = 'd41d8cd98f00b204e9800998ecf8427e';
  const read = readView(`request
slot overlaykit-state 1 seq=1~
tree generations/1/upper
entry 41ed 755 0 ./d0
entry 81a4 644 12 ./d0/f0
entry 2000 0 0 ./d0/odd
entry 81a4 600 3 ./unread
${md5}  ./d0/f0
tree upper
entry 41ed 755 0 ./d1
`);
  t.true(read.request);
  t.deepEqual(read.slots, ['overlaykit-state 1 seq=1\n']);
  t.deepEqual(
    [...(read.trees.get('generations/1/upper') ?? [])],
    [
      ['d0', { kind: 'folder' }],
      ['d0/f0', { kind: 'file', length: 12, md5, mode: 0o644 }],
      ['d0/odd', { kind: 'other', what: 'an entry of type 020000' }],
      ['unread', { kind: 'other', what: 'a file that cannot be read' }],
    ],
  );
  t.deepEqual([...read.trees.keys()], ['generations/1/upper', 'upper']);
});
