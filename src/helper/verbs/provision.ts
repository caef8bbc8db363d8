/** `provision`: what the factory has put on the board becomes part of its identity, whatever generation boots. */
import { verbExit } from '../../shared/verb-exit.ts';
import { overlap, pathOf, provisionPaths, readIdentity } from '../identity.ts';
import { findIn } from '../identity-store.ts';
import { pathNames } from '../reset-paths.ts';
import { openStorage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { oneLine, Refused, WrongWords } from '../trouble.ts';

export function provision(port: BoardPort, words: readonly string[]): number {
  if (words.length === 0 || words.some((word) => word.startsWith('-'))) throw new WrongWords();
  const paths = words.map((word) => listedPath(port, word));
  const root = port.openDirectory('/');
  for (const path of paths)
    if (findIn(port, root, path) === undefined)
      throw new Refused(`there is no ${pathOf(path)}, or a symbolic link is on the way to it`);
  const storage = openStorage(port);
  withState(port, storage, () => provisionPaths(port, storage, paths));
  for (const path of paths) port.print(`provisioned ${pathOf(path)}`);
  return verbExit.done;
}

/** Only what the board file says: anything else would be stored and never brought in. */
function listedPath(port: BoardPort, word: string): readonly string[] {
  const listed = readIdentity(port).filter(({ policy }) => policy === 'provisioned');
  const path = pathNames(word);
  const found = listed.find((one) => path?.length === one.path.length && overlap(one.path, path));
  if (found !== undefined) return found.path;
  const known = listed.map((one) => pathOf(one.path)).join(', ');
  throw new Refused(
    `"${oneLine(word)}" is not provisioned on this board; its board file lists ${known || 'nothing'}`,
  );
}
