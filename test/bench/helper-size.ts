/** How much of the flash overlay_helper takes, for each architecture. */
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../../src/system/process.ts';

export type Compression = 'xz' | 'gzip';

/** mksquashfs's default for both, and what boards' images have. */
const blockBytes = 128 * 1024;

/**
 * Bytes that a file adds to a squashfs image: the image of that file alone, less the image of an empty one of its name.
 * @param work a folder; what is made there is removed
 * @throws Failure OVL401 without mksquashfs, OVL405 where it fails
 */
export async function bytesInImage(path: string, compression: Compression, work: string): Promise<number> {
  const folder = await mkdtemp(join(work, 'size-'));
  try {
    const empty = join(folder, 'overlay_helper');
    await writeFile(empty, '', { mode: 0o755 });
    return (await imageBytes(path, compression, folder)) - (await imageBytes(empty, compression, folder));
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function imageBytes(path: string, compression: Compression, folder: string): Promise<number> {
  const image = join(folder, 'image');
  const options = ['-noappend', '-no-progress', '-quiet', '-all-root', '-nopad', '-mkfs-time', '0'];
  await runTool('mksquashfs', [
    path,
    image,
    ...options,
    '-all-time',
    '0',
    '-b',
    String(blockBytes),
    '-comp',
    compression,
  ]);
  return (await stat(image)).size;
}
