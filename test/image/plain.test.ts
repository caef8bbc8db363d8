/** How a bundle's files lie in a squashfs image: which blocks are packed, and what shares a fragment. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { installBundle, readImageFile } from '../../src/image/index.ts';
import { openSource } from '../../src/image/source.ts';
import { isPlain } from '../../src/image/squashfs/content.ts';
import { blockWords, noFragment } from '../../src/image/squashfs/inode.ts';
import { readImage } from '../../src/image/squashfs/open.ts';
import type { ImageNode } from '../../src/image/tree.ts';
import { files, installRequest } from '../support/image/request.ts';
import { makeRootTree } from '../support/image/root-tree.ts';
import { scratch } from '../support/image/scratch.ts';
import { snapshotImage } from '../support/image/snapshot.ts';
import { testAsRoot } from '../support/needs.ts';

/** Of a file of the image: whether it ends in a fragment, and which of its blocks are stored as they are. */
async function storageOf(image: string, ...path: readonly string[]) {
  const source = await openSource(image);
  try {
    const read = await readImage(source);
    const node = path.reduce<ImageNode | undefined>(
      (at, name) => (at?.kind === 'directory' ? at.children.get(name) : undefined),
      read.root,
    );
    const inode = node === undefined ? undefined : read.stored.get(node);
    if (inode?.kind !== 'file') throw new Error(`no file ${path.join('/')}`);
    const plain = blockWords(read.inodes.bytes, inode).map(isPlain);
    return { inFragment: inode.fragment !== noFragment, plain };
  } finally {
    await source.close();
  }
}

testAsRoot(
  'a file is stored as it is where the bundle says so, and a large tail beside no small file',
  async (t) => {
    const folder = await scratch(t);
    const [tree, image] = [join(folder, 'r'), join(folder, 'image')];
    await mkdir(tree);
    await makeRootTree(t, tree);
    await execa('mksquashfs', [tree, image, '-noappend', '-quiet', '-no-progress', '-comp', 'xz']);
    const whole = 2 * 131_072;
    const sizes: Readonly<Record<string, number>> = { large: 40_000, small: 10_000, none: 0 };
    for (const [name, rest] of Object.entries(sizes)) {
      const out = [join(folder, `${name}.packed`), join(folder, `${name}.plain`)] as const;
      const content = Buffer.alloc(whole + rest, 'easily packed ');
      const sizesOf: number[] = [];
      for (const [index, plain] of [false, true].entries()) {
        const replaced = files.map((one) =>
          one.path === 'sbin/overlay_helper' ? { ...one, content, plain } : one,
        );
        const report = await installBundle({ ...installRequest(image, out[index] ?? ''), files: replaced });
        sizesOf.push(report.bytesAfter);
        const after = await snapshotImage(out[index] ?? '', folder);
        t.true(after.get('usr/sbin/overlay_helper')?.includes(` size ${whole + rest} `), name);
        t.deepEqual(await readImageFile(out[index] ?? '', '/sbin/overlay_helper'), content, name);
        t.true((await storageOf(out[index] ?? '', 'etc', 'overlaykit', 'plan.json')).inFragment, name);
      }
      const [packed, plain] = await Promise.all(
        out.map((one) => storageOf(one, 'usr', 'sbin', 'overlay_helper')),
      );
      t.deepEqual(packed, {
        inFragment: name === 'small',
        plain: name === 'large' ? [false, false, false] : [false, false],
      });
      t.deepEqual(plain, { inFragment: false, plain: rest === 0 ? [true, true] : [true, true, true] });
      const [before = 0, after = 0] = sizesOf;
      // All of it but what it takes packed, to the next 4 KiB.
      t.true(
        after - before > whole - 8192 && after - before < whole + rest + 4096,
        `${name}: ${after - before}`,
      );
    }
  },
);
