/** A small root for refusals, made without being root, and the golden of a refusal. */
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { matchesGolden } from '../golden.ts';
import { refused } from './refused.ts';
import { scratch } from './scratch.ts';

/** A small root whose owner is the one who runs the test; `change` may spoil it. */
export async function makeImage(
  t: ExecutionContext,
  change: (tree: string) => Promise<unknown> = async () => undefined,
  options: readonly string[] = [],
): Promise<{ readonly folder: string; readonly image: string; readonly out: string }> {
  const folder = await scratch(t);
  const tree = join(folder, 'tree');
  for (const path of ['bin', 'usr/sbin', 'etc', 'tmp', 'overlay', 'rom'])
    await mkdir(join(tree, path), { recursive: true });
  await symlink('usr/sbin', join(tree, 'sbin'));
  for (const path of ['bin/sh', 'bin/mount', 'bin/mkdir', 'sbin/init']) {
    await writeFile(join(tree, path), '#!', { mode: 0o755 });
  }
  await change(tree);
  const image = join(folder, 'root.img');
  await execa('mksquashfs', [
    tree,
    image,
    '-quiet',
    '-no-progress',
    '-all-root',
    '-mkfs-time',
    '0',
    '-all-time',
    '0',
    ...options,
  ]);
  return { folder, image, out: join(folder, 'new.img') };
}

export async function goldenRefusal(
  t: ExecutionContext,
  name: string,
  folder: string,
  attempt: () => Promise<unknown>,
): Promise<void> {
  await matchesGolden(t, `image/${name}.txt`, await refused(t, folder, attempt));
}
