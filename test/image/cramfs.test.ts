/** cramfs, judged by fsck.cramfs and mkfs.cramfs of util-linux, which share nothing with us. */
import { mkdir, readdir, readFile, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';
import {
  type CramfsEntry,
  inspectImage,
  installBundle,
  readImageFile,
  writeCramfs,
} from '../../src/image/index.ts';
import { installRequest } from '../support/image/request.ts';
import { scratch } from '../support/image/scratch.ts';
import { differences, type Snapshot, snapshotTree } from '../support/image/snapshot.ts';
import { testAsRoot, testWith } from '../support/needs.ts';

const program = (path: string, mode = 0o755): CramfsEntry => ({
  kind: 'file',
  path,
  mode,
  uid: 0,
  gid: 0,
  content: Buffer.from(`#!${path}\n`),
});

/** A root with everything that cramfs can hold. */
const root: readonly CramfsEntry[] = [
  { kind: 'directory', path: '', mode: 0o751, uid: 3, gid: 4 },
  program('bin/busybox', 0o4755),
  { kind: 'symlink', path: 'bin/sh', mode: 0o777, uid: 0, gid: 0, target: 'busybox' },
  { kind: 'symlink', path: 'bin/mount', mode: 0o777, uid: 0, gid: 0, target: '/bin/busybox' },
  program('usr/bin/mkdir'),
  program('usr/sbin/init'),
  { kind: 'symlink', path: 'sbin', mode: 0o777, uid: 0, gid: 0, target: 'usr/sbin' },
  { kind: 'char-device', path: 'dev/console', mode: 0o600, uid: 0, gid: 5, major: 5, minor: 1 },
  { kind: 'block-device', path: 'dev/mtdblock2', mode: 0o660, uid: 0, gid: 255, major: 31, minor: 255 },
  { kind: 'fifo', path: 'dev/initctl', mode: 0o600, uid: 0, gid: 0 },
  { kind: 'socket', path: 'dev/log', mode: 0o666, uid: 65535, gid: 1 },
  { kind: 'directory', path: 'tmp', mode: 0o1777, uid: 0, gid: 0 },
  { kind: 'directory', path: 'etc', mode: 0o755, uid: 0, gid: 0 },
  {
    kind: 'file',
    path: 'etc/shadow',
    mode: 0o600,
    uid: 0,
    gid: 42,
    content: Buffer.from('root:*:1::::::\n'),
  },
  { kind: 'file', path: 'etc/empty', mode: 0o644, uid: 9, gid: 9, content: Buffer.alloc(0) },
  {
    kind: 'file',
    path: 'pages',
    mode: 0o444,
    uid: 1,
    gid: 1,
    content: Buffer.alloc(3 * 4096, 'whole pages '),
  },
  { kind: 'file', path: 'tail', mode: 0o444, uid: 1, gid: 1, content: Buffer.alloc(20_001, 'and a tail ') },
  { kind: 'file', path: `etc/${'n'.repeat(252)}`, mode: 0o644, uid: 0, gid: 0, content: Buffer.from('long') },
  { kind: 'file', path: 'etc/new\nline ä', mode: 0o644, uid: 0, gid: 0, content: Buffer.from('odd') },
];

/** fsck.cramfs checks everything and unpacks it; it reads only images in the byte order of this machine. */
async function unpack(image: string, folder: string): Promise<Snapshot> {
  const { stderr } = await execa('fsck.cramfs', [`--extract=${folder}`, image]);
  if (stderr !== '') throw new Error(stderr);
  // cramfs has no times, and fsck.cramfs leaves those of now on some files.
  const lines = await snapshotTree(folder);
  return new Map([...lines].map(([path, line]) => [path, line.replace(/ at [0-9.]+ /, ' ')]));
}

testAsRoot('fsck.cramfs unpacks what writeCramfs wrote', async (t) => {
  const folder = await scratch(t);
  const image = join(folder, 'image');
  await writeFile(image, writeCramfs(root, { name: 'lab root', edition: 7 }));
  const found = await unpack(image, join(folder, 'x'));
  t.is(found.size, root.length + 5, 'bin, usr/bin, usr/sbin, usr and dev are made, the root is listed');
  const begins = (path: string, words: string): void => {
    t.is(found.get(path)?.slice(0, words.length), words, path);
  };
  begins('.', '40751 3:4 ');
  begins('bin', '40755 0:0 ');
  begins('bin/busybox', '104755 0:0 ');
  begins('tmp', '41777 0:0 ');
  begins('dev/initctl', '10600 0:0 ');
  begins('dev/log', '140666 65535:1 ');
  t.regex(found.get('dev/console') ?? '', /^20600 0:5 .*device 1281 /);
  t.regex(found.get('dev/mtdblock2') ?? '', /^60660 0:255 .*device 8191 /);
  t.regex(found.get('sbin') ?? '', /^120777 .* usr\/sbin \|/);
  for (const entry of root) {
    if (entry.kind !== 'file') continue;
    t.deepEqual(await readFile(join(folder, 'x', entry.path)), Buffer.from(entry.content), entry.path);
  }
});

testAsRoot('a bundle goes in, and everything else is as it was', async (t) => {
  const folder = await scratch(t);
  const [image, out, twice] = [join(folder, 'image'), join(folder, 'out'), join(folder, 'twice')];
  await writeFile(image, writeCramfs(root, { name: 'lab root', edition: 7 }));
  const report = await installBundle(installRequest(image, out));
  t.deepEqual(report.directories, ['/etc/overlaykit', '/overlay', '/rom']);
  const before = await unpack(image, join(folder, 'a'));
  const after = await unpack(out, join(folder, 'b'));
  const added = [
    'etc/overlaykit/base',
    'etc/overlaykit/empty',
    'etc/overlaykit/plan.json',
    'usr/sbin/overlay_helper',
    'usr/sbin/overlay_init',
  ];
  t.deepEqual(
    Object.keys(differences(before, after)).sort(),
    [...added, 'etc/overlaykit', 'overlay', 'rom'].sort(),
  );
  t.regex(after.get('usr/sbin/overlay_init') ?? '', /^100755 0:0 /);
  await installBundle(installRequest(out, twice));
  t.true((await readFile(twice)).equals(await readFile(out)));
});

/** The fields of an image that do not depend on how well it is packed, as `file` and mkfs.cramfs know them. */
async function superblock(
  image: string,
  order: 'LE' | 'BE',
  at = 0,
): Promise<Readonly<Record<string, unknown>>> {
  const bytes = (await readFile(image)).subarray(at);
  const u32 = (offset: number): number =>
    order === 'LE' ? bytes.readUInt32LE(offset) : bytes.readUInt32BE(offset);
  return {
    magic: u32(0),
    flags: u32(8),
    signature: bytes.toString('latin1', 16, 32),
    edition: u32(36),
    blocks: u32(40),
    files: u32(44),
    // mkfs.cramfs fills the name up with spaces.
    name: bytes.toString('latin1', 48, 64).replace(/[ \0]+$/, ''),
    root: bytes.toString('hex', 64, 68),
  };
}

async function sourceTree(t: ExecutionContext): Promise<{ readonly folder: string; readonly tree: string }> {
  const folder = await scratch(t);
  const tree = join(folder, 'r');
  for (const path of ['bin', 'sbin', 'etc', 'many', 'tmp'])
    await mkdir(join(tree, path), { recursive: true });
  for (const path of ['bin/sh', 'bin/mount', 'bin/mkdir', 'sbin/init']) {
    await writeFile(join(tree, path), '#!', { mode: 0o755 });
  }
  await symlink('../bin/sh', join(tree, 'sbin/link'));
  for (let index = 0; index < 300; index += 1) {
    await writeFile(join(tree, `many/${index}`), Buffer.alloc(index * 97, `file ${index % 20} `));
  }
  await writeFile(join(tree, 'sparse'), 'front');
  await truncate(join(tree, 'sparse'), 100_000);
  return { folder, tree };
}

for (const [order, name] of [
  ['LE', 'little'],
  ['BE', 'big'],
] as const) {
  testWith('mkfs.cramfs')(
    `${name}-endian images of mkfs.cramfs keep flags, name, edition and contents`,
    async (t) => {
      const { folder, tree } = await sourceTree(t);
      const [image, out] = [join(folder, 'image'), join(folder, 'out')];
      await execa('mkfs.cramfs', ['-N', name, '-e', '42', '-n', 'vendor', '-z', tree, image]);
      const report = await installBundle(installRequest(image, out));
      const [before, after] = [await superblock(image, order), await superblock(out, order)];
      const helperPages = Math.ceil(700_001 / 4096);
      t.deepEqual(after, {
        ...before,
        files: Number(before.files) + report.added.length + report.directories.length,
        blocks: Number(before.blocks) + helperPages + 3,
      });
      const facts = await inspectImage(out);
      t.like(facts, { type: 'cramfs', byteOrder: name, blockSize: 4096 });
      for (const path of await readdir(join(tree, 'many'))) {
        const content = await readImageFile(out, `/many/${path}`);
        t.true(Buffer.from(content ?? []).equals(await readFile(join(tree, 'many', path))), path);
      }
      t.true(
        Buffer.from((await readImageFile(out, '/sparse')) ?? []).equals(await readFile(join(tree, 'sparse'))),
      );
    },
  );
}

testWith('mkfs.cramfs')('both byte orders are the same image but for the order of their bytes', async (t) => {
  const folder = await scratch(t);
  const packed = root.filter((entry) => entry.kind !== 'socket');
  const [little, big] = [join(folder, 'little'), join(folder, 'big')];
  await writeFile(little, writeCramfs(packed));
  await writeFile(big, writeCramfs(packed, { byteOrder: 'big' }));
  for (const entry of packed) {
    const facts = (await inspectImage(big)).lookup(`/${entry.path}`, { followLast: false });
    t.deepEqual(facts, (await inspectImage(little)).lookup(`/${entry.path}`, { followLast: false }));
    if (entry.kind === 'file')
      t.deepEqual(await readImageFile(big, `/${entry.path}`), Buffer.from(entry.content));
  }
});

testWith('mkfs.cramfs', 'fsck.cramfs')('a boot sector in front of the superblock is kept', async (t) => {
  const { folder, tree } = await sourceTree(t);
  const [image, out] = [join(folder, 'image'), join(folder, 'out')];
  await execa('mkfs.cramfs', ['-p', tree, image]);
  const bytes = await readFile(image);
  bytes.write('boot loader', 0);
  await writeFile(image, bytes);
  await installBundle(installRequest(image, out));
  t.is((await readFile(out)).toString('latin1', 0, 11), 'boot loader');
  const { stderr } = await execa('fsck.cramfs', [out]);
  t.is(stderr, '');
  t.truthy(await readImageFile(out, '/sbin/overlay_init'));
});

testWith('mkfs.cramfs')(
  'our image of a tree and that of mkfs.cramfs say the same of themselves',
  async (t) => {
    const { folder, tree } = await sourceTree(t);
    const [theirs, ours] = [join(folder, 'theirs'), join(folder, 'ours')];
    await execa('mkfs.cramfs', ['-n', 'same', tree, theirs]);
    const entries: CramfsEntry[] = [];
    for (const path of await readdir(tree, { recursive: true })) {
      const found = (await inspectImage(theirs)).lookup(`/${path}`, { followLast: false });
      if (found.kind !== 'found') return t.fail(path);
      const common = { path, mode: found.mode, uid: found.uid, gid: found.gid };
      if (found.type === 'directory') entries.push({ ...common, kind: 'directory' });
      else if (found.type === 'symlink')
        entries.push({ ...common, kind: 'symlink', target: found.target ?? '' });
      else entries.push({ ...common, kind: 'file', content: await readFile(join(tree, path)) });
    }
    await writeFile(ours, writeCramfs(entries, { name: 'same' }));
    const { root: _theirRoot, ...expected } = await superblock(theirs, 'LE');
    const { root: _ourRoot, ...found } = await superblock(ours, 'LE');
    t.deepEqual(found, expected);
    return;
  },
);

const name = fc.string({
  unit: fc.constantFrom('a', 'b', 'c', ' ', '\n', 'é', '.'),
  minLength: 1,
  maxLength: 9,
});

testWith('fsck.cramfs')(
  'fsck.cramfs accepts whatever tree is written, before and after a bundle',
  async (t) => {
    const folder = await scratch(t);
    const [image, out] = [join(folder, 'image'), join(folder, 'out')];
    const content = fc.oneof(
      fc.uint8Array({ maxLength: 500 }),
      fc.integer({ min: 0, max: 30_000 }).map((size) => Buffer.alloc(size, 'abc')),
    );
    const file = fc.record({
      folder: name,
      name,
      content,
      uid: fc.integer({ min: 0, max: 65535 }),
      gid: fc.nat(255),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(file, { maxLength: 30, size: 'max' }), async (specs) => {
        const paths = new Map(
          specs
            .filter((one) => !/^\.\.?$/.test(one.folder) && !/^\.\.?$/.test(one.name))
            .map((one) => [`var/${one.folder}/${one.name}`, one]),
        );
        const random = [...paths].map(
          ([path, one]): CramfsEntry => ({ kind: 'file', mode: 0o640, ...one, path }),
        );
        await writeFile(image, writeCramfs([...root, ...random]));
        await installBundle(installRequest(image, out));
        for (const one of [image, out]) t.is((await execa('fsck.cramfs', [one])).stderr, '');
        for (const entry of random) {
          if (entry.kind !== 'file') continue;
          t.deepEqual(await readImageFile(out, `/${entry.path}`), Buffer.from(entry.content));
        }
      }),
      { numRuns: 30, includeErrorInReport: true },
    );
  },
);
