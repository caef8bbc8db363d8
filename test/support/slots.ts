/** Boards with two slots for their root, on flash or on disks, and what is deployed to them. */
import { createHash } from 'node:crypto';
import { mkdtemp, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { busyboxRoot } from '../../src/lab/roots/busybox.ts';
import type { RootFile } from '../../src/lab/roots/root-file.ts';
import { runTool } from '../../src/system/process.ts';
import type { BoardCommands } from './board-commands.ts';
import { boardLoaders } from './board-loaders.ts';
import { testWith } from './needs.ts';
import { ovl } from './ovl.ts';
import { work } from './shipped-boards.ts';
import { fileInImage } from './writable-board.ts';

export const vmSlots = testWith(
  ...([
    'qemu-system-x86_64',
    'setpriv',
    'sqfstar',
    'busybox',
    'depmod',
    'dpkg-deb',
    'apt-get',
    'xz',
  ] as const),
  ...(['musl-gcc', 'dropbear', 'fw_printenv', 'fw_setenv', 'flashcp', 'mkfs.ext4', 'debugfs'] as const),
);

export const slotBytes = 6 << 20;
export const eraseBlockBytes = 64 << 10;

export interface Part {
  readonly name: string;
  readonly bytes: number;
}
/** The root's two slots, and a partition that holds no image. */
export const slots: readonly Part[] = [
  { name: 'rootfs1', bytes: slotBytes },
  { name: 'rootfs2', bytes: slotBytes },
  { name: 'logo', bytes: eraseBlockBytes },
];

/** Erased flash, with a root in its first slot. */
export async function makeSlots(image: string, root: string): Promise<void> {
  const bytes = slots.reduce((sum, slot) => sum + slot.bytes, 0);
  const flash = Buffer.alloc(bytes, 0xff);
  const content = await readFile(root);
  if (content.length > slotBytes) throw new Error(`the root has ${content.length} bytes`);
  content.copy(flash);
  await writeFile(image, flash);
}

export async function digest(path: string, from = 0, bytes?: number): Promise<string> {
  const all = await readFile(path);
  return createHash('sha256')
    .update(all.subarray(from, bytes === undefined ? undefined : from + bytes))
    .digest('hex');
}

export async function byteAt(path: string, at: number): Promise<number> {
  const handle = await open(path);
  try {
    const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, at);
    return buffer[0] ?? 0;
  } finally {
    await handle.close();
  }
}

/** A root without overlaykit in it, as a build system makes it. */
export async function bareRoot(files: readonly RootFile[]): Promise<string> {
  const out = join(await mkdtemp(join(work, 'bare-')), 'root.squashfs');
  const once = [...new Map(files.map((one) => [one.path, one])).values()];
  await busyboxRoot({ type: 'squashfs', out, samples: false, files: once });
  return out;
}

export async function builtBundle(file: string): Promise<string> {
  const cwd = await mkdtemp(join(work, 'bundle-'));
  const { exitCode, stderr } = await ovl(['build', file, '-o', 'out'], { cwd });
  if (exitCode !== 0) throw new Error(stderr);
  return join(cwd, 'out', 'bundle.tar');
}

export async function refusedAs(
  t: ExecutionContext,
  { ask }: BoardCommands,
  words: readonly string[],
  cases: readonly (readonly [slot: string, code: string])[],
): Promise<void> {
  for (const [slot, code] of cases) {
    const { exitCode, stderr } = await ask('deploy', ...words, '--slot', slot, '--yes');
    t.is(exitCode, 6, `${slot}: ${stderr}`);
    t.regex(stderr, new RegExp(`error\\[${code}\\]`), slot);
  }
}

export async function rootOf({ ssh }: BoardCommands): Promise<string> {
  return ssh("sed 's/.*root=\\([^ ]*\\).*/\\1/' /proc/cmdline");
}

/** What the words that a boot loader gives the kernel mean for the lab. */
export function bootOf(words: readonly string[]): {
  readonly rootDevice: string;
  readonly init: string;
  readonly cmdline: readonly string[];
} {
  const init = words.findLast((word) => word.startsWith('init='))?.slice('init='.length) ?? '/sbin/init';
  const root = words.findLast((word) => word.startsWith('root='))?.slice('root='.length) ?? '/dev/vda';
  return { rootDevice: root, init, cmdline: words.filter((word) => !word.startsWith('init=')) };
}

/** A disk with files in its top directory. */
export async function ext4Disk(image: string, files: Readonly<Record<string, string>>): Promise<void> {
  const tree = await mkdtemp(join(work, 'disk-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(tree, name), text);
  await writeFile(image, Buffer.alloc(4 << 20));
  await runTool('mkfs.ext4', ['-q', '-F', '-d', tree, image]);
}

/** What the extlinux.conf in the top directory of a disk's image says. */
export async function extlinuxBoot(image: string): Promise<ReturnType<typeof bootOf>> {
  return bootOf(boardLoaders.extlinux.words(await fileInImage(image, '/extlinux.conf')));
}
