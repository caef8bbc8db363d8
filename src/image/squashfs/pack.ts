/**
 * Packs blocks with exactly the compressor and options of an image, by having mksquashfs make a small image of them and
 * taking the packed blocks out of it. So there is one compressor for what was there and for what is new, no format of
 * overlaykit's own, and no second implementation of xz or zstd.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { runTool } from '../../system/process.ts';
import { openSource } from '../source.ts';
import type { CompressorName } from './codec/index.ts';
import { isPlain, packedBytes } from './content.ts';
import { blockWords } from './inode.ts';
import { readImage } from './open.ts';

/** How blocks are packed; `blockSize` in bytes is at least the length of each. */
export interface Packing {
  readonly compressor: CompressorName;
  readonly arguments: readonly string[];
  readonly blockSize: number;
}

/**
 * The blocks packed, in the same order; undefined where packing would not make one smaller.
 * @throws Failure OVL401 without mksquashfs, OVL364 when it fails
 */
export async function packBlocks(
  blocks: readonly Uint8Array[],
  packing: Packing,
): Promise<readonly (Uint8Array | undefined)[]> {
  if (blocks.length === 0) return [];
  const folder = await mkdtemp(join(tmpdir(), 'ovl-image-'));
  try {
    const content = join(folder, 'blocks');
    const image = join(folder, 'image');
    await mkdir(content);
    for (const [index, block] of blocks.entries()) await writeFile(join(content, String(index)), block);
    await runMksquashfs(content, image, packing);
    return await takeBlocks(image, blocks.length);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runMksquashfs(content: string, image: string, packing: Packing): Promise<void> {
  const layout = [
    '-noappend',
    '-no-fragments',
    '-no-duplicates',
    '-no-sparse',
    '-no-xattrs',
    '-no-exports',
    '-noI',
  ];
  const quiet = ['-all-root', '-quiet', '-no-progress', '-no-recovery'];
  const compression = ['-comp', packing.compressor, ...packing.arguments];
  const args = [content, image, ...layout, ...quiet, '-b', String(packing.blockSize), ...compression];
  try {
    // The time of the image is of no use to us, but mksquashfs stops at a SOURCE_DATE_EPOCH that is no number.
    await runTool('mksquashfs', args, { env: { SOURCE_DATE_EPOCH: '0' } });
  } catch (error) {
    const [first] = error instanceof Failure ? error.diagnostics : [];
    if (first?.code !== 'OVL405') throw error;
    const message = `mksquashfs does not pack with ${compression.join(' ')}`;
    throw new Failure({ ...first, code: 'OVL364', message }, { cause: error });
  }
}

async function takeBlocks(path: string, count: number): Promise<readonly (Uint8Array | undefined)[]> {
  const source = await openSource(path);
  try {
    const image = await readImage(source);
    const taken: (Uint8Array | undefined)[] = [];
    for (let index = 0; index < count; index += 1) {
      const node = image.root.children.get(String(index));
      const inode = node === undefined ? undefined : image.stored.get(node);
      if (inode?.kind !== 'file') throw new Error(`mksquashfs left out block ${index}`);
      const [word, ...more] = blockWords(image.inodes.bytes, inode);
      if (word === undefined || more.length > 0) throw new Error(`mksquashfs split block ${index}`);
      taken.push(isPlain(word) ? undefined : await source.read(inode.start, packedBytes(word)));
    }
    return taken;
  } finally {
    await source.close();
  }
}
