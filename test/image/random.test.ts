/** Any tree, any way of packing: a bundle goes in, and the kernel sees everything else as it was. */
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { installBundle, readImageFile } from '../../src/image/index.ts';
import { makeImage, type RandomEntry, randomTree } from '../support/image/random-tree.ts';
import { installRequest } from '../support/image/request.ts';
import { scratch } from '../support/image/scratch.ts';
import { differences, snapshotImage } from '../support/image/snapshot.ts';
import { testAsRoot } from '../support/needs.ts';

const packing = fc.tuple(
  fc.constantFrom('gzip', 'lzo', 'lz4', 'xz', 'zstd').map((name) => ['-comp', name]),
  fc.constantFrom(12, 13, 15, 17, 20).map((log) => ['-b', String(2 ** log)]),
  fc.subarray([
    '-noI',
    '-noD',
    '-noF',
    '-noX',
    '-noId',
    '-no-fragments',
    '-no-duplicates',
    '-exports',
    '-no-tailends',
  ]),
);

const runs = 40;

testAsRoot(`${runs} random roots are as they were, but for the bundle`, async (t) => {
  const folder = await scratch(t);
  const [image, out, twice] = [join(folder, 'image'), join(folder, 'out'), join(folder, 'twice')];
  const seen: string[] = [];
  await fc.assert(
    fc.asyncProperty(randomTree, packing, async (entries, options) => {
      await rm(image, { force: true });
      await makeImage(entries, image, options.flat());
      const report = await installBundle(installRequest(image, out));
      const before = await snapshotImage(image, folder);
      const changed = differences(before, await snapshotImage(out, folder));
      const ours = [...report.added, ...report.replaced, ...report.directories].map((path) =>
        bytes(path.slice(1)),
      );
      t.deepEqual(Object.keys(changed).sort(), ours.sort());
      for (const line of before.values())
        seen.push(line.slice(0, 2) + (line.includes('user.note') ? 'x' : ''));
      for (const file of plainFiles(entries)) {
        const read = await readImageFile(out, `/${file.header.name}`);
        t.true(Buffer.from(read ?? []).equals(file.content), file.header.name);
      }
      await installBundle(installRequest(out, twice));
      t.true((await readFile(twice)).equals(await readFile(out)));
    }),
    { numRuns: runs, includeErrorInReport: true },
  );
  // The first digits of a mode say the kind: 10 file or fifo, 12 symbolic link, 20 and 60 devices, 40 directory.
  const count = (kind: string): number => seen.filter((one) => one === kind).length;
  t.log(`${seen.length} files compared, ${count('10x') + count('40x')} of them with xattrs`);
  t.true(seen.length > runs * 25);
  for (const kind of ['10', '12', '20', '40', '60', '10x', '40x']) t.true(count(kind) > 10, kind);
});

function plainFiles(entries: readonly RandomEntry[]): readonly RandomEntry[] {
  return entries.filter(({ header }) => header.type === 'file' && header.name.startsWith('etc/')).slice(0, 5);
}

function bytes(path: string): string {
  return Buffer.from(path, 'utf8').toString('latin1');
}
