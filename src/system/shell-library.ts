/** Reads the shell library from rootfs-scripts/. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { libraryFiles, parseLibrary, type ShellLibrary } from '../render/library.ts';
import { packageRoot } from './package-root.ts';

export async function loadShellLibrary(): Promise<ShellLibrary> {
  const folder = join(packageRoot(), 'rootfs-scripts');
  const files = await Promise.all(
    libraryFiles.map(async (name) => ({ name, text: await readFile(join(folder, name), 'utf8') })),
  );
  return parseLibrary(files);
}

/** What tells people at login when the board does not run as it should. */
export async function loginScript(): Promise<string> {
  return readFile(join(packageRoot(), 'rootfs-scripts', 'login.sh'), 'utf8');
}
