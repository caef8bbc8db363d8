/** An image with a bundle in it, booted: the kernel's own drivers of cramfs and squashfs read what we wrote. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { type CramfsEntry, installBundle, writeCramfs } from '../../src/image/index.ts';
import { busyboxRoot, busyboxTree } from '../../src/lab/roots/busybox.ts';
import type { RootImageType } from '../../src/lab/roots/image.ts';
import type { RootFile } from '../../src/lab/roots/root-file.ts';
import { umlKernel } from '../../src/lab/uml/kernel.ts';
import { startUml } from '../../src/lab/uml/start.ts';
import { tenLineOverlay } from '../support/ten-line-overlay.ts';

const work = await mkdtemp(join(tmpdir(), 'ovl-test-image-vm-'));
test.after.always(() => rm(work, { recursive: true, force: true }));

/** Everything that is in the read-only root, as the booted kernel shows it. */
const listing = [
  'cd /rom',
  "find . -xdev -type f -exec sha256sum {} + | sort -k2 | sed 's/^/content /'",
  "find . -xdev ! -type d -exec stat -c '%a %F %u:%g %s %t:%T %N' {} + | sort",
  "find . -xdev -type d -exec stat -c '%a %u:%g %n' {} + | sort",
].join('; ');

/** Boots the image through a hand-written overlay and lists the root below it. */
async function rootOf(type: RootImageType, image: string): Promise<readonly string[]> {
  const kernel = await umlKernel();
  const board = await startUml({
    kernel,
    root: { image, type },
    init: '/sbin/overlay_init',
    words: ['store=tmpfs'],
  });
  try {
    const { output } = await board.run(listing);
    await board.poweroff();
    return output.split('\n');
  } finally {
    await board.cut();
  }
}

const overlayInit = {
  path: 'sbin/overlay_init',
  mode: 0o755,
  content: Buffer.from(tenLineOverlay.kind === 'file' ? tenLineOverlay.content : ''),
};

const helper = { path: 'etc/overlaykit/helper', mode: 0o700, content: Buffer.alloc(333_333, 'helper ') };

for (const type of ['cramfs', 'squashfs'] as const) {
  test.serial(`a ${type} root boots with a bundle in it, and everything else is as it was`, async (t) => {
    const [plain, installed] = [join(work, `plain.${type}`), join(work, `installed.${type}`)];
    await busyboxRoot({ type, out: plain, compression: 'xz', withoutMountPoints: ['/overlay', '/rom'] });
    const mountPoints = ['/overlay', '/rom', '/mnt'];
    const requiredApplets = ['mount', 'mkdir', 'pivot_root', 'chroot'];
    const request = { files: [overlayInit, helper], mountPoints, requiredApplets, init: '/sbin/init' };
    const report = await installBundle({ image: plain, out: installed, addMountPoints: true, ...request });
    t.deepEqual(report.directories, ['/etc/overlaykit', '/overlay', '/rom']);
    const byHand = join(work, `by-hand.${type}`);
    await busyboxRoot({ type, out: byHand, compression: 'xz', files: [tenLineOverlay] });
    const [found, expected] = [await rootOf(type, installed), await rootOf(type, byHand)];
    t.true(found.length > 300);
    t.deepEqual(
      found.filter((line) => !line.includes('etc/overlaykit')),
      expected,
    );
    const added = found.filter((line) => line.includes('etc/overlaykit'));
    // The folder, and two lines each for the helper and for what says which base this is.
    t.is(added.length, 5);
    t.true(added.some((line) => line.includes('etc/overlaykit/base')));
    t.true(added.some((line) => line.startsWith('700 regular file 0:0 333333 ')));
  });
}

test.serial('a root that writeCramfs made boots as the one that mkfs.cramfs made', async (t) => {
  const [ours, theirs] = [join(work, 'ours.cramfs'), join(work, 'theirs.cramfs')];
  const options = { files: [tenLineOverlay], samples: false } as const;
  await writeFile(ours, writeCramfs(entriesOf(await busyboxTree(options))));
  await busyboxRoot({ type: 'cramfs', out: theirs, ...options });
  const found = await rootOf('cramfs', ours);
  t.true(found.length > 300);
  t.deepEqual(found, await rootOf('cramfs', theirs));
});

function entriesOf(tree: readonly RootFile[]): readonly CramfsEntry[] {
  const byPath = new Map(tree.map((entry) => [entry.path, entry]));
  return tree.map((entry) => {
    // cramfs has no hard links: each name is a file of its own, and equal contents share one place.
    const source = entry.kind === 'hard-link' ? byPath.get(entry.target) : entry;
    if (source === undefined) throw new Error(`a hard link to nothing: ${entry.path}`);
    return entryOf(entry.path.slice(1), source);
  });
}

function entryOf(path: string, source: RootFile): CramfsEntry {
  if (source.kind === 'symlink') {
    return { kind: 'symlink', path, mode: 0o777, uid: 0, gid: 0, target: source.target };
  }
  if (source.kind === 'hard-link') throw new Error(`a hard link to a hard link: ${path}`);
  const common = { path, mode: source.mode, uid: source.uid ?? 0, gid: source.gid ?? 0 };
  if (source.kind === 'file') return { ...common, kind: 'file', content: Buffer.from(source.content) };
  if (source.kind !== 'device') return { ...common, kind: source.kind };
  const [major, minor] = source.number;
  return { ...common, kind: source.type === 'char' ? 'char-device' : 'block-device', major, minor };
}
