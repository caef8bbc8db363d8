/** A bundle in a squashfs image, judged by the kernel (mount) and by unsquashfs and mksquashfs. */
import { copyFile, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { type ImageReport, inspectImage, installBundle, readImageFile } from '../../src/image/index.ts';
import { files, installRequest } from '../support/image/request.ts';
import { makeRootTree } from '../support/image/root-tree.ts';
import { scratch } from '../support/image/scratch.ts';
import { differences, type Snapshot, snapshotImage } from '../support/image/snapshot.ts';
import { testAsRoot } from '../support/needs.ts';

const time = 1_700_000_000;

function install(image: string, out: string): Promise<ImageReport> {
  return installBundle(installRequest(image, out));
}

/** What install() changes, as the kernel shows it. */
function expectedPaths(): readonly string[] {
  const added = ['usr/sbin/overlay_init', 'usr/sbin/overlay_helper', 'etc/overlaykit/plan.json'];
  return [...added, 'etc/overlaykit/base', 'etc/overlaykit/empty', 'etc/overlaykit', 'overlay', 'rom'].sort();
}

async function sharedTree(t: ExecutionContext): Promise<{ readonly folder: string; readonly tree: string }> {
  const folder = await scratch(t);
  const tree = join(folder, 'r');
  await mkdir(tree);
  await makeRootTree(t, tree);
  return { folder, tree };
}

function make(tree: string, image: string, options: readonly string[]): Promise<unknown> {
  return execa('mksquashfs', [
    tree,
    image,
    '-noappend',
    '-quiet',
    '-no-progress',
    '-mkfs-time',
    String(time),
    ...options,
  ]);
}

/** The lines of `unsquashfs -s` that say how an image was made: not its size or number of inodes. */
async function makeOf(image: string): Promise<readonly string[]> {
  const { stdout } = await execa('unsquashfs', ['-s', image], { env: { LC_ALL: 'C', TZ: 'UTC' } });
  return stdout
    .split('\n')
    .filter((line) => !/^(Found|Filesystem size|Number of (inodes|fragments|ids))/.test(line));
}

const variants: readonly (readonly string[])[] = [
  ['-comp', 'gzip'],
  ['-comp', 'gzip', '-Xcompression-level', '3', '-Xwindow-size', '12', '-Xstrategy', 'default,filtered'],
  ['-comp', 'lzo', '-b', '65536'],
  ['-comp', 'lzo', '-Xalgorithm', 'lzo1x_1_12'],
  ['-comp', 'lz4', '-b', '4096'],
  ['-comp', 'lz4', '-Xhc'],
  ['-comp', 'xz', '-b', '262144'],
  ['-comp', 'xz', '-b', '1M', '-Xdict-size', '512K', '-Xbcj', 'x86,arm,armthumb,powerpc,sparc,ia64'],
  ['-comp', 'zstd'],
  ['-comp', 'zstd', '-Xcompression-level', '22', '-b', '8192'],
  ['-no-fragments'],
  ['-always-use-fragments', '-no-duplicates'],
  ['-noI', '-noD', '-noF', '-noX'],
  ['-noId', '-no-exports', '-no-xattrs'],
  ['-noI'],
  ['-nopad'],
];

testAsRoot('everything that was there is as it was, with every compressor and option', async (t) => {
  const { folder, tree } = await sharedTree(t);
  for (const [index, options] of variants.entries()) {
    const name = options.join(' ');
    const image = join(folder, `${index}.squashfs`);
    const out = join(folder, `${index}.out`);
    await make(tree, image, options);
    const begun = performance.now();
    const report = await install(image, out);
    const took = performance.now() - begun;
    t.log(`${name}: ${report.bytesBefore} -> ${report.bytesAfter} bytes, ${took.toFixed(0)} ms`);
    const before = await snapshotImage(image, folder);
    const after = await snapshotImage(out, folder);
    t.true(before.size > 730, name);
    t.deepEqual(Object.keys(differences(before, after)).sort(), expectedPaths(), name);
    checkNewFiles(t, after);
    t.deepEqual(await makeOf(out), await makeOf(image), name);
    t.is((await stat(out)).size % 4096 === 0, !options.includes('-nopad'), name);
    for (const { path, content } of files) t.deepEqual(await readImageFile(out, `/${path}`), content, name);
    const again = join(folder, `${index}.again`);
    await install(out, again);
    t.true(
      (await readFile(again)).equals(await readFile(out)),
      `${name}: installing twice is installing once`,
    );
  }
});

function checkNewFiles(t: ExecutionContext, after: Snapshot): void {
  const begins = (path: string, words: string): void => {
    t.is(after.get(path)?.slice(0, words.length), words, path);
  };
  const ms = `${time}000`;
  begins('usr/sbin/overlay_init', `100755 0:0 at ${ms} size ${files[0]?.content.length} links 1`);
  begins('usr/sbin/overlay_helper', `100755 0:0 at ${ms} size 700001 links 1`);
  begins('etc/overlaykit', `40755 0:0 at ${ms}`);
  begins('etc/overlaykit/empty', `100600 0:0 at ${ms} size 0 links 1`);
  begins('overlay', `40755 0:0 at ${ms}`);
}

testAsRoot('directories have as many links as they have subdirectories', async (t) => {
  const { folder, tree } = await sharedTree(t);
  const [image, out] = [join(folder, 'image'), join(folder, 'out')];
  await make(tree, image, []);
  await install(image, out);
  const links = async (which: string): Promise<readonly number[]> => {
    const at = join(folder, 'mnt');
    await mkdir(at, { recursive: true });
    await execa('mount', ['-o', 'loop,ro', which, at]);
    try {
      const paths = ['.', 'etc', 'etc/overlaykit', 'usr'];
      const found = await Promise.all(paths.map((path) => stat(join(at, path)).catch(() => undefined)));
      return found.map((one) => one?.nlink ?? 0);
    } finally {
      await execa('umount', [at]);
    }
  };
  t.deepEqual(await links(image), [9, 2, 0, 5]);
  t.deepEqual(await links(out), [11, 3, 2, 5]);
});

testAsRoot('a hard link that is replaced leaves the others, and their count is right', async (t) => {
  const { folder, tree } = await sharedTree(t);
  const [image, out] = [join(folder, 'image'), join(folder, 'out')];
  await make(tree, image, ['-comp', 'xz']);
  const replaced = ['etc/c', 'etc/dangling2'].map((path) => ({
    path,
    mode: 0o644,
    content: Buffer.from('new'),
  }));
  const request = {
    files: replaced,
    mountPoints: [],
    addMountPoints: false,
    requiredApplets: [],
    init: '/sbin/init',
  };
  const report = await installBundle({ image, out, ...request });
  t.deepEqual(report.replaced, ['/etc/c', '/etc/dangling2']);
  const before = await snapshotImage(image, folder);
  const after = await snapshotImage(out, folder);
  t.regex(before.get('usr/lib/a') ?? '', / links 3 /);
  t.regex(
    after.get('usr/lib/a') ?? '',
    / links 2 .*usr\/lib\/a = usr\/lib\/deep\/er\/b \| user\.shared=0xabab/,
  );
  t.regex(after.get('etc/dangling') ?? '', / links 1 .*trusted\.link=0x32/);
  // mksquashfs has already made two of the linked symbolic links.
  const own = ['etc/overlaykit', 'etc/overlaykit/base'];
  const changed = ['etc/c', 'etc/dangling2', ...own, 'usr/lib/a', 'usr/lib/deep/er/b'];
  t.deepEqual(Object.keys(differences(before, after)).sort(), changed);
});

testAsRoot('the source may be the destination, and nothing is left beside it', async (t) => {
  const { folder, tree } = await sharedTree(t);
  const images = join(folder, 'images');
  await mkdir(images);
  const image = join(images, 'root.squashfs');
  await make(tree, image, ['-comp', 'zstd']);
  await copyFile(image, join(folder, 'original'));
  await install(join(folder, 'original'), join(folder, 'apart'));
  await install(image, image);
  t.true((await readFile(image)).equals(await readFile(join(folder, 'apart'))));
  t.deepEqual(await readdir(images), ['root.squashfs']);
});

testAsRoot('mksquashfs can append to the result', async (t) => {
  const { folder, tree } = await sharedTree(t);
  const [image, out, more] = [join(folder, 'image'), join(folder, 'out'), join(folder, 'more')];
  await make(tree, image, ['-comp', 'lz4']);
  await install(image, out);
  const before = await snapshotImage(out, folder);
  await mkdir(more);
  await writeFile(join(more, 'appended'), 'by mksquashfs');
  await execa('mksquashfs', [more, out, '-quiet', '-no-progress', '-no-recovery']);
  const changed = differences(before, await snapshotImage(out, folder));
  t.true('appended' in changed);
  t.deepEqual(
    Object.keys(changed).filter((path) => !['.', 'appended'].includes(path)),
    [],
  );
});

testAsRoot('an ordinary user gets the same bytes', async (t) => {
  const { folder, tree } = await sharedTree(t);
  const image = join(folder, 'image');
  await make(tree, image, ['-comp', 'xz']);
  await install(image, join(folder, 'by-root'));
  const own = join(folder, 'own');
  await execa('install', ['-d', '-o', '65534', '-g', '65534', own]);
  await execa('chmod', ['755', folder]);
  const program = join(import.meta.dirname, '../support/image/install-program.ts');
  await execa(
    'setpriv',
    [
      '--reuid=65534',
      '--regid=65534',
      '--clear-groups',
      process.execPath,
      '--import=tsx',
      program,
      image,
      join(own, 'out'),
    ],
    { cwd: join(import.meta.dirname, '../..'), env: { HOME: own, TSX_DISABLE_CACHE: '1' } },
  );
  const facts = await stat(join(own, 'out'));
  t.is(facts.uid, 65534);
  t.true((await readFile(join(own, 'out'))).equals(await readFile(join(folder, 'by-root'))));
});

testAsRoot('files beyond 4 GiB keep their size and both ends', async (t) => {
  const folder = await scratch(t);
  const tree = join(folder, 'r');
  await execa('mkdir', ['-p', join(tree, 'bin'), join(tree, 'sbin')]);
  for (const path of ['bin/sh', 'bin/mount', 'bin/mkdir', 'sbin/init']) {
    await writeFile(join(tree, path), '', { mode: 0o755 });
  }
  await execa('truncate', ['-s', '4300M', join(tree, 'huge')]);
  await execa('dd', [
    'if=/dev/urandom',
    `of=${join(tree, 'huge')}`,
    'bs=1M',
    'count=1',
    'seek=4299',
    'conv=notrunc',
  ]);
  const [image, out] = [join(folder, 'image'), join(folder, 'out')];
  await make(tree, image, ['-comp', 'lz4', '-b', '1M']);
  await install(image, out);
  const before = await snapshotImage(image, folder);
  const after = await snapshotImage(out, folder);
  t.regex(before.get('huge') ?? '', /size 4508876800 /);
  t.is(after.get('huge'), before.get('huge'));
});

testAsRoot('inspection needs no tools and follows links inside the image', async (t) => {
  const { folder, tree } = await sharedTree(t);
  const image = join(folder, 'image');
  await make(tree, image, ['-comp', 'xz', '-b', '256K', '-Xdict-size', '50%']);
  const facts = await inspectImage(image);
  t.is(facts.type, 'squashfs');
  t.is(facts.compression, 'xz');
  t.deepEqual(facts.compressionOptions, ['-Xdict-size', '131072']);
  t.is(facts.blockSize, 262144);
  t.is(facts.time, time);
  t.like(facts.lookup('/sbin/init'), { kind: 'found', path: '/usr/sbin/init', type: 'file', mode: 0o755 });
  t.like(facts.lookup('/sbin', { followLast: false }), { type: 'symlink', target: 'usr/sbin' });
  t.like(facts.lookup('/dev/far'), { type: 'block-device' });
  t.like(facts.lookup('/etc/dangling'), { kind: 'dangling', path: '/etc/dangling' });
  t.is(facts.lookup('/etc/passwd/x').kind, 'not-a-directory');
  t.is(facts.lookup('/nothing/here').kind, 'missing');
  t.is(await readImageFile(image, '/etc'), undefined);
  const sparse = await readImageFile(image, '/sparse');
  t.true(Buffer.from(sparse ?? []).equals(await readFile(join(tree, 'sparse'))));
});
