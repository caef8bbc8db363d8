/** Images that were damaged at random or made to do harm: refused with a diagnostic or read, never anything else. */
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import fc from 'fast-check';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { inspectImage, installBundle, readImageFile, writeCramfs } from '../../src/image/index.ts';
import { installRequest } from '../support/image/request.ts';
import { scratch } from '../support/image/scratch.ts';
import { makeImage } from '../support/image/small-root.ts';
import { testWith } from '../support/needs.ts';

const squashfs = testWith('mksquashfs');

/** Content that fills several blocks, so that there is something to damage. */
async function fill(tree: string): Promise<void> {
  for (let index = 0; index < 40; index += 1) {
    await writeFile(join(tree, `etc/file-${index}`), `content ${index} `.repeat(index * 30));
  }
  await writeFile(join(tree, 'etc/large'), Buffer.alloc(300_000, 'several blocks '));
}

interface Damage {
  readonly place: number;
  readonly value: number;
}

const damages = fc.array(fc.record({ place: fc.maxSafeNat(), value: fc.nat(255) }), {
  minLength: 1,
  maxLength: 6,
});

/** Damages the bytes from `start` to `end`; returns how often the result was refused. */
async function damage(
  t: ExecutionContext,
  image: string,
  range: readonly [number, number],
  runs: number,
  attempt: () => Promise<unknown>,
): Promise<number> {
  const whole = await readFile(image);
  const [start, end] = range;
  let refusals = 0;
  await fc.assert(
    fc.asyncProperty(damages, async (list: readonly Damage[]) => {
      const bytes = Buffer.from(whole);
      for (const { place, value } of list) bytes[start + (place % (end - start))] = value;
      await writeFile(image, bytes);
      try {
        await attempt();
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        refusals += 1;
      }
    }),
    { numRuns: runs, includeErrorInReport: true },
  );
  await writeFile(image, whole);
  t.log(`${refusals} of ${runs} refused`);
  return refusals;
}

async function lookAround(image: string): Promise<void> {
  const facts = await inspectImage(image);
  for (const path of ['/', '/sbin/init', '/etc']) facts.lookup(path);
  await readImageFile(image, '/etc/large');
  await readImageFile(image, '/etc/file-7');
}

for (const comp of ['gzip', 'lzo', 'lz4', 'xz', 'zstd', 'lzma']) {
  squashfs(`${comp} images with damaged bytes are refused or read`, async (t) => {
    const { image } = await makeImage(t, fill, ['-comp', comp, '-b', '65536']);
    const used = (await inspectImage(image)).bytesUsed;
    t.true((await damage(t, image, [96, used], 250, () => lookAround(image))) > 25);
  });
}

squashfs('damaged tables that are not packed are refused or read', async (t) => {
  const { image } = await makeImage(t, fill, ['-noI', '-noD', '-noF']);
  const bytes = await readFile(image);
  const tables = Number(bytes.readBigUInt64LE(64));
  const used = Number(bytes.readBigUInt64LE(40));
  t.true((await damage(t, image, [0, 96], 400, () => lookAround(image))) > 200);
  t.true((await damage(t, image, [tables, used], 1500, () => lookAround(image))) > 300);
});

squashfs('a bundle goes into a damaged image whole or not at all', async (t) => {
  const { folder, image, out } = await makeImage(t, fill, ['-noI', '-comp', 'lz4']);
  const bytes = await readFile(image);
  const range = [Number(bytes.readBigUInt64LE(64)), Number(bytes.readBigUInt64LE(40))] as const;
  const before = (await readdir(folder)).sort();
  const refusals = await damage(t, image, range, 60, async () => {
    await installBundle(installRequest(image, out));
    // What was written can be read again.
    await inspectImage(out);
  });
  t.true(refusals > 5 && refusals < 60);
  t.deepEqual((await readdir(folder)).filter((name) => name !== 'new.img').sort(), before);
});

testWith('mkfs.cramfs')('cramfs images with damaged bytes are refused or read', async (t) => {
  const folder = await scratch(t);
  const image = join(folder, 'root.img');
  const content = Buffer.alloc(30_000, 'several pages ');
  const file = { kind: 'file', mode: 0o644, uid: 0, gid: 0, content } as const;
  const bytes = Buffer.from(
    writeCramfs(
      Array.from({ length: 20 }, (_, index) => ({ ...file, path: `etc/${index % 4}/file-${index}` })),
    ),
  );
  // Without its checksum a damaged image reaches the parser.
  bytes.writeUInt32LE(2, 8);
  await writeFile(image, bytes);
  const look = async (): Promise<void> => {
    await inspectImage(image);
    await readImageFile(image, '/etc/1/file-5');
  };
  t.true((await damage(t, image, [0, bytes.length], 1500, look)) > 100);
});

/** An unpacked image in which one piece of a table is replaced by another of the same length. */
async function forged(
  t: ExecutionContext,
  change: (bytes: Buffer, image: { readonly rootOffset: number }) => void,
): Promise<string> {
  const { image } = await makeImage(t, (tree) => writeFile(join(tree, 'etc/zz'), 'x'), [
    '-noI',
    '-noD',
    '-noF',
  ]);
  const bytes = await readFile(image);
  change(bytes, { rootOffset: Number(bytes.readBigUInt64LE(32) & 0xffffn) });
  await writeFile(image, bytes);
  const error = await t.throwsAsync(inspectImage(image), { name: 'Failure' });
  const [first] = error instanceof Failure ? error.diagnostics : [];
  t.is(first?.code, 'OVL354');
  return first?.because ?? '';
}

/** Where the name stands in the directory table. */
function nameAt(bytes: Buffer, name: string): number {
  const at = bytes.indexOf(name, Number(bytes.readBigUInt64LE(72)), 'latin1');
  if (at < 0) throw new Error(`no ${name}`);
  return at;
}

squashfs('names that lead elsewhere are refused', async (t) => {
  for (const name of ['..', './', '/x', 'a/', 'a\0']) {
    const because = await forged(t, (bytes) => bytes.write(name, nameAt(bytes, 'zz'), 'latin1'));
    t.is(because, `a directory has an entry called ${JSON.stringify(name)}`);
  }
});

squashfs('a directory that contains itself is refused', async (t) => {
  const because = await forged(t, (bytes, { rootOffset }) => {
    // In front of a name: offset of the inode, difference of numbers, kind, length.
    bytes.writeUInt16LE(rootOffset, nameAt(bytes, 'etc') - 8);
  });
  t.is(because, 'a directory stands in two places');
});

squashfs('an entry that says another kind than its inode is refused', async (t) => {
  const because = await forged(t, (bytes) => bytes.writeUInt16LE(3, nameAt(bytes, 'zz') - 4));
  t.is(because, '"zz" is of another kind than its inode');
});

squashfs('the same name twice is refused', async (t) => {
  const because = await forged(t, (bytes) => bytes.write('tmp', nameAt(bytes, 'usr'), 'latin1'));
  t.is(because, 'the name "tmp" stands twice in a directory');
});
