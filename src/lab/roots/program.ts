/**
 * One of this machine's programs with the libraries that it loads, as entries of a root.
 *
 * In: a path on this machine. Out: RootFiles; the program at the place that is asked for, its libraries where it looks for them.
 */
import { readFile } from 'node:fs/promises';
import { runTool } from '../../system/process.ts';
import { file, type RootFile } from './root-file.ts';

/**
 * @param host where the program is on this machine
 * @param path where the root gets it
 * @throws Failure OVL401 without ldd, OVL405 when ldd cannot read the program
 */
export async function programFiles(host: string, path: string): Promise<readonly RootFile[]> {
  const libraries = librariesIn(await runTool('ldd', [host]));
  const copies = libraries.map(async (library) => file(library, await readFile(library), 0o755));
  return [file(path, await readFile(host), 0o755), ...(await Promise.all(copies))];
}

/** Lines are `NAME => PATH (ADDRESS)`, and `PATH (ADDRESS)` for the loader; linux-vdso.so has no file. */
function librariesIn(said: string): readonly string[] {
  return said.split('\n').flatMap((line) => /(?:^|\s)(\/\S+) \(0x/.exec(line)?.[1] ?? []);
}
