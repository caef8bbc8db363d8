/** The files of the project: what git tracks, or would. */
import { existsSync } from 'node:fs';
import { execa } from 'execa';
import { packageRoot } from '../../src/system/package-root.ts';

/** Paths relative to the project's folder. */
export async function projectFiles(): Promise<readonly string[]> {
  const { stdout } = await execa('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: packageRoot(),
  });
  // A file that was deleted and not yet committed is listed all the same.
  return stdout.split('\0').filter((path) => path !== '' && existsSync(path));
}
