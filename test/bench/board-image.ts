/** The storage of the board that files are brought to: an empty ext4, as a board would have it. */
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { requireTool } from '../../src/system/tools.ts';

/** Room for a few versions of what is brought. */
const bytes = 128 << 20;

/** Folders that the server mounts things on, and one for files. @returns the path that was given */
export async function boardImage(path: string): Promise<string> {
  const root = await mkdtemp(`${path}.`);
  try {
    for (const name of ['small', 'readonly', 'proc', 'dev', 'files']) await mkdir(join(root, name));
    await writeFile(path, '');
    await truncate(path, bytes);
    await execa(requireTool('mkfs.ext4'), ['-q', '-F', '-d', root, path]);
    return path;
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
