/** Images and bundles that do not fit each other, each refusal with its golden. Needs no root. */
import { chmod, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { type CramfsEntry, inspectImage, installBundle, writeCramfs } from '../../src/image/index.ts';
import { matchesGolden } from '../support/golden.ts';
import { refused } from '../support/image/refused.ts';
import { installRequest } from '../support/image/request.ts';
import { scratch } from '../support/image/scratch.ts';
import { goldenRefusal, makeImage } from '../support/image/small-root.ts';
import { testWith } from '../support/needs.ts';

const squashfs = testWith('mksquashfs');

squashfs('OVL356, OVL357, OVL358: everything that is missing is said at once', async (t) => {
  const { folder, image, out } = await makeImage(t, async (tree) => {
    await rm(join(tree, 'usr/sbin/init'));
    await rm(join(tree, 'bin/sh'));
    await symlink('/bin/none', join(tree, 'bin/sh'));
    await chmod(join(tree, 'bin/mkdir'), 0o644);
    await rm(join(tree, 'rom'), { recursive: true });
  });
  const request = { ...installRequest(image, out), addMountPoints: false };
  const mountPoints = ['/overlay', '/rom', '/run', '/tmp', '/sbin/mnt/deep'];
  const requiredApplets = ['mount', 'mkdir', 'pivot_root', 'switch_root'];
  await goldenRefusal(t, 'OVL356-357-358', folder, () =>
    installBundle({ ...request, mountPoints, requiredApplets }),
  );
});

squashfs('what is missing is not missed when the bundle brings it', async (t) => {
  const { image, out } = await makeImage(t, (tree) => rm(join(tree, 'usr/sbin/init')));
  const request = installRequest(image, out);
  const init = { path: 'sbin/init', mode: 0o755, content: Buffer.from('#!/bin/sh\n') };
  const report = await installBundle({ ...request, files: [...request.files, init] });
  t.true(report.added.includes('/usr/sbin/init'));
});

squashfs('OVL359, OVL360: what stands in the way is not pushed aside', async (t) => {
  const { folder, image, out } = await makeImage(t, async (tree) => {
    await rm(join(tree, 'sbin'));
    await symlink('../../elsewhere', join(tree, 'sbin'));
    await writeFile(join(tree, 'etc/overlaykit'), 'a file');
    await rm(join(tree, 'rom'), { recursive: true });
    await symlink('tmp', join(tree, 'rom'));
    await rm(join(tree, 'overlay'), { recursive: true });
    await symlink('loop', join(tree, 'overlay'));
    await symlink('overlay', join(tree, 'loop'));
    await rm(join(tree, 'tmp'), { recursive: true });
    await writeFile(join(tree, 'tmp'), 'a file');
    await mkdir(join(tree, 'usr/sbin/directory'));
  });
  const request = installRequest(image, out);
  const directory = { path: 'usr/sbin/directory', mode: 0o755, content: Buffer.from('x') };
  await goldenRefusal(t, 'OVL359-360', folder, () =>
    installBundle({ ...request, init: '/usr/sbin/init', files: [...request.files, directory] }),
  );
});

squashfs('links lead only inside: an absolute or climbing /sbin writes into the image', async (t) => {
  for (const target of ['/usr/sbin', '../../../usr/sbin', '/sbin2']) {
    const { folder, image, out } = await makeImage(t, async (tree) => {
      await rm(join(tree, 'sbin'));
      await symlink(target, join(tree, 'sbin'));
      await symlink('usr/../usr/sbin', join(tree, 'sbin2'));
    });
    const report = await installBundle(installRequest(image, out));
    t.true(report.added.includes('/usr/sbin/overlay_init'), target);
    t.is((await inspectImage(out)).lookup('/sbin', { followLast: false }).kind, 'found');
    await t.throwsAsync(readFile(join(folder, '../usr/sbin/overlay_init')), { code: 'ENOENT' });
  }
});

squashfs('OVL303: a bundle that climbs out is refused', async (t) => {
  const { folder, image, out } = await makeImage(t);
  const files = ['../x', '/etc/x', 'etc//x', 'a/../../x', ''].map((path) => ({
    path,
    mode: 0o644,
    content: Buffer.of(),
  }));
  await goldenRefusal(t, 'OVL303-image', folder, () =>
    installBundle({ ...installRequest(image, out), files }),
  );
});

test('OVL361: what cramfs cannot hold is said at once', async (t) => {
  const folder = await scratch(t);
  const file = (path: string, change: object): CramfsEntry => {
    const common = { kind: 'file', path, mode: 0o644, uid: 0, gid: 0, content: Buffer.of(1) } as const;
    return { ...common, ...change };
  };
  const entries: readonly CramfsEntry[] = [
    file('n'.repeat(253), {}),
    file('owner', { uid: 65536 }),
    file('group', { gid: 256 }),
    file('size', { content: Buffer.alloc(1 << 24) }),
    { kind: 'block-device', path: 'device', mode: 0o600, uid: 0, gid: 0, major: 259, minor: 3 },
  ];
  await goldenRefusal(t, 'OVL361-cramfs', folder, async () => writeCramfs(entries));
});

squashfs('OVL361: a squashfs with 65535 owners has no room for root', async (t) => {
  const folder = await scratch(t);
  const [image, out] = [join(folder, 'root.img'), join(folder, 'new.img')];
  const directories = ['bin', 'sbin', 'etc', 'tmp', 'rom', 'overlay'];
  const programs = ['bin/sh', 'bin/mount', 'bin/mkdir', 'sbin/init'];
  const owners = Array.from({ length: 65535 }, (_, index) => index + 1);
  const lines = [
    '/ d 755 1 1',
    ...directories.map((path) => `${path} d 755 1 1`),
    ...programs.map((path) => `${path} f 755 1 1 true`),
    ...Array.from({ length: 256 }, (_, index) => `etc/${index} d 755 1 1`),
    ...owners.map((id) => `etc/${id % 256}/${id} i 600 ${id} ${id} f`),
  ];
  const definitions = join(folder, 'definitions');
  await writeFile(definitions, lines.map((line) => `${line}\n`).join(''));
  await execa('mksquashfs', ['-', image, '-pf', definitions, '-quiet', '-no-progress', '-comp', 'lz4']);
  await goldenRefusal(t, 'OVL361-owners', folder, () => installBundle(installRequest(image, out)));
  const facts = await inspectImage(image);
  t.like(facts.lookup('/etc/255/65535'), { uid: 65535, gid: 65535 });
});

squashfs('OVL362: growth is a warning with figures', async (t) => {
  const { image, out } = await makeImage(t, undefined, ['-noD', '-noF']);
  const report = await installBundle(installRequest(image, out));
  t.true(report.bytesAfter > report.bytesBefore + 700_000);
  const [warning, ...more] = report.diagnostics;
  t.like(warning, { code: 'OVL362', severity: 'warning' });
  t.true(warning?.message.includes(`${report.bytesAfter - report.bytesBefore} bytes larger`));
  t.deepEqual(more, []);
});

squashfs('OVL363: where the image cannot be written nothing is left', async (t) => {
  const { folder, image, out } = await makeImage(t);
  await mkdir(out);
  const messages = [
    await refused(t, folder, () => installBundle(installRequest(image, out))),
    await refused(t, folder, () => installBundle(installRequest(image, join(folder, 'no/such/folder')))),
  ];
  await matchesGolden(t, 'image/OVL363.txt', messages.join('\n'));
});

squashfs('an interruption leaves the destination as it was', async (t) => {
  const { folder, image, out } = await makeImage(t);
  await writeFile(out, 'what was there');
  const before = (await readdir(folder)).sort();
  const interruption = new AbortController();
  const running = installBundle({ ...installRequest(image, out), signal: interruption.signal });
  interruption.abort(new Error('interrupted'));
  await t.throwsAsync(running, { message: 'interrupted' });
  t.deepEqual((await readdir(folder)).sort(), before);
  t.is(await readFile(out, 'utf8'), 'what was there');
});

squashfs('OVL364: a compressor option that mksquashfs does not know', async (t) => {
  const { folder, image, out } = await makeImage(t, undefined, ['-comp', 'zstd', '-Xcompression-level', '5']);
  const bytes = await readFile(image);
  bytes.writeUInt32LE(99, 98);
  await writeFile(image, bytes);
  const message = await refused(t, folder, () => installBundle(installRequest(image, out)));
  t.regex(message, /^error\[OVL364\]: mksquashfs does not pack with -comp zstd -Xcompression-level 99\n/);
  t.regex(message, /because {2}zstd: .*should be 1 <= n <= 22/);
});
