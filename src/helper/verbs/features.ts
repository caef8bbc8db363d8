/** `features`: what the file system of a directory can do for a union, tried there. */
import { verbExit } from '../../shared/verb-exit.ts';
import { isKernelError } from '../port.ts';
import type { BoardPort } from '../storage-port.ts';
import { attempt, Refused, WrongWords } from '../trouble.ts';

/** What overlayfs makes use of, by the names of native/features.c. */
export const features = [
  'whiteout',
  'rename-whiteout',
  'exchange',
  'tmpfile',
  'trusted-xattr',
  'user-xattr',
  'd-type',
] as const;

const own = 'overlaykit-features';

export function tryFeatures(port: BoardPort, words: readonly string[]): number {
  const [path] = words;
  if (path === undefined || words.length !== 1 || !path.startsWith('/')) throw new WrongWords();
  const directory = attempt(`cannot open ${path}`, () => port.openDirectory(path));
  if (!attempt(`cannot write to ${path}`, () => port.makeDirectoryIn(directory, own, 0o700)))
    throw new Refused(`${path}/${own} is there already; remove it`);
  try {
    const inside = port.openIn(directory, own);
    for (const feature of features) port.print(`${feature} ${answer(port, inside, feature)}`);
    port.close(inside);
  } finally {
    port.removeDirectoryIn(directory, own);
    port.close(directory);
  }
  return verbExit.done;
}

function answer(port: BoardPort, directory: number, feature: string): string {
  try {
    port.tryIn(directory, feature);
    return 'yes';
  } catch (error) {
    if (!isKernelError(error)) throw error;
    return `no ${error.code}`;
  }
}
