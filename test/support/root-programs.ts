/** Programs of this machine for a board's root, with the libraries that they need: Debian has no static ones of these. */
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { file, type RootFile } from '../../src/lab/roots/root-file.ts';
import { requireTool, type ToolName } from '../../src/system/tools.ts';

/** The program at `path`, and its libraries where the loader looks for them. */
export async function programWithLibraries(tool: ToolName, path: string): Promise<readonly RootFile[]> {
  const program = requireTool(tool);
  const { stdout } = await execa('ldd', [program]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, name = '']) => name);
  return Promise.all([
    file(path, await readFile(program), 0o755),
    ...libraries.map(async (name) => file(name, await readFile(name), 0o755)),
  ]);
}

/**
 * mkfs.ext4 as a board has it.
 * @param before shell text that runs before it, with its words
 */
export async function makeExt4Program(before = ''): Promise<readonly RootFile[]> {
  const script = `#!/bin/sh\n${before}\nexec /usr/lib/mke2fs -t ext4 "$@"\n`;
  const program = await programWithLibraries('mkfs.ext4', '/usr/lib/mke2fs');
  return [...program, file('/sbin/mkfs.ext4', script, 0o755)];
}
