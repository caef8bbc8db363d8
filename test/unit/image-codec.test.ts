/** The decompressors against the programs that compress: xz with every branch filter, and hostile data. */
import { readFile } from 'node:fs/promises';
import test from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';
import { compressorOf } from '../../src/image/squashfs/codec/index.ts';
import { unpackXz } from '../../src/image/squashfs/codec/xz.ts';
import { testWith } from '../support/needs.ts';

const block = 1 << 20;

function xz(content: Uint8Array, filters: readonly string[]): Promise<Uint8Array> {
  const args = ['--format=xz', '--check=crc32', ...filters, '-c'];
  return execa('xz', args, { input: content, encoding: 'buffer' }).then((result) => result.stdout);
}

/** Bytes in which every architecture's calls abound, at every alignment that it can have. */
function calls(seed: number, bytes: number): Buffer {
  const code = Buffer.alloc(bytes);
  let state = seed >>> 0;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 8;
  };
  const openings = [
    [0xe8, 0, 0, 0, 0xff],
    [0xe9, 0xff, 0xe8, 0, 0],
    [0, 0, 0, 0xeb],
    [0x12, 0xf1, 0x34, 0xf9],
    [0x48, 0, 0, 1],
    [0x40, 0, 0, 0],
    [0x7f, 0xff, 0xff, 0xff],
    [0x11, 0, 0, 0, 0, 0x50, 0, 0x0a, 0, 0, 0, 0x40, 1, 0, 0, 0xa0],
  ];
  for (let at = 0; at < bytes; ) {
    const opening = openings[next() % openings.length] ?? [];
    for (const byte of opening) {
      code[at] = next() % 3 === 0 ? next() : byte;
      at += 1;
    }
    if (next() % 2 === 0) at += next() % 8;
    if (next() % 3 !== 0) at = Math.ceil(at / 16) * 16;
  }
  return code;
}

for (const filter of ['x86', 'powerpc', 'ia64', 'arm', 'armthumb', 'sparc']) {
  testWith('xz')(`xz data with the ${filter} filter unpacks to what was packed`, async (t) => {
    for (let seed = 1; seed <= 12; seed += 1) {
      const content = calls(seed, 30_000 + seed);
      const packed = await xz(content, [`--${filter}`, '--lzma2=preset=6']);
      t.true(Buffer.from(unpackXz(packed, block)).equals(content), `seed ${seed}`);
    }
    const program = (await readFile(process.execPath)).subarray(0x1000000, 0x1000000 + block);
    const packed = await xz(program, [`--${filter}`, '--lzma2=preset=1']);
    t.true(Buffer.from(unpackXz(packed, block)).equals(program), 'machine code of this machine');
  });
}

testWith('xz')('every setting of LZMA unpacks, and what does not compress', async (t) => {
  const noise = calls(99, 200_000).map((byte, at) => (at * byte * 2654435761) >>> 13);
  for (const settings of [
    'lc=0,lp=0,pb=0',
    'lc=4,lp=0,pb=4',
    'lc=0,lp=4,pb=2',
    'lc=1,lp=3,pb=1',
    'preset=9e',
  ]) {
    for (const content of [noise, calls(5, 200_000), Buffer.alloc(block), Buffer.of(7)]) {
      const packed = await xz(content, [`--lzma2=${settings}`]);
      t.true(Buffer.from(unpackXz(packed, block)).equals(content), settings);
    }
  }
});

testWith('xz')('a limit is a limit, and a wrong checksum is noticed', async (t) => {
  const packed = Buffer.from(await xz(Buffer.alloc(10_000_000), []));
  t.throws(() => unpackXz(packed, 8192), { name: 'CorruptData' });
  const small = Buffer.from(await xz(Buffer.from('a text that is stored as it is'), []));
  const at = small.indexOf('text');
  small[at] = 0x54;
  t.throws(() => unpackXz(small, 8192), { name: 'CorruptData', message: /CRC-32/ });
});

const limit = 8192;

for (const id of [1, 2, 3, 4, 5, 6]) {
  const compressor = compressorOf(id);
  test(`${compressor?.name} refuses or unpacks any bytes, never more than the limit`, (t) => {
    if (compressor === undefined) return t.fail();
    let refused = 0;
    const attempt = (bytes: Uint8Array): void => {
      try {
        t.true(compressor.unpack(bytes, limit).length <= limit);
      } catch (error) {
        t.true(error instanceof RangeError, String(error));
        refused += 1;
      }
    };
    // Beginnings that let the decoder go further than its header.
    const heads = [
      '',
      '789c',
      '5d00002000ffffffffffffffff00',
      '28b52ffd20ff',
      '28b52ffd0458',
      '11',
      '1f',
      'f0',
    ];
    const bytes = fc.tuple(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 400 }));
    fc.assert(
      fc.property(bytes, ([head, rest]) => attempt(Buffer.concat([Buffer.from(head, 'hex'), rest]))),
      { numRuns: 2000 },
    );
    t.true(refused > 100);
    return;
  });
}

test('there is no seventh compressor', (t) => {
  t.is(compressorOf(0), undefined);
  t.is(compressorOf(7), undefined);
});
