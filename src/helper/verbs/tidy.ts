/**
 * `tidy`: forgets the changes that "reset PATH" asked for. Runs before the union is mounted. What is forgotten is renamed out
 * of the upper, so the boot does not wait until it is deleted; a sweep does that.
 */
import { verbExit } from '../../shared/verb-exit.ts';
import { isComplete } from '../generations.ts';
import { forgetMarker, overlap, readIdentity } from '../identity.ts';
import { isDirectory } from '../mode.ts';
import { readMounts } from '../mounts.ts';
import {
  findChange,
  forgetRequests,
  type Request,
  readRequests,
  requestsPending,
  trash,
} from '../reset-paths.ts';
import { openStorage, type Storage } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { oneLine, Refused, reason } from '../trouble.ts';
import { openUpper } from '../upper.ts';
import { noWords } from '../words.ts';

export function tidy(port: BoardPort, words: readonly string[]): number {
  noWords(words);
  const storage = openStorage(port);
  if (!requestsPending(port, storage)) {
    port.print('tidy: nothing was asked for');
    return verbExit.done;
  }
  if (readMounts(port).mention('upperdir=/overlay/generations/'))
    throw new Refused('a union is mounted; its upper must not be touched');
  const { requests, damaged } = readRequests(port, storage);
  if (damaged > 0) port.complain(`overlay_helper: tidy: ${damaged} requests are damaged; they are left out`);
  const done = requests.map((request) => forgetOrSay(port, storage, request));
  // What makes this board stays, whatever was asked for: the boot brings it in again.
  const identity = readIdentity(port);
  if (requests.some(({ path }) => identity.some((one) => overlap(one.path, path))))
    forgetMarker(port, storage);
  port.syncFileSystem(storage.generations);
  forgetRequests(port, storage);
  return done.every((one) => one) && damaged === 0 ? verbExit.done : verbExit.no;
}

/** A request that cannot be done is said and dropped: the next boot could not do it either. */
function forgetOrSay(port: BoardPort, storage: Storage, request: Request): boolean {
  const label = `/${oneLine(request.path.join('/'))} of generation ${request.generation}`;
  try {
    port.print(
      `tidy: ${label}: ${forget(port, storage, request) ? 'changes forgotten' : 'nothing was changed there'}`,
    );
    return true;
  } catch (error) {
    port.complain(reason(`overlay_helper: tidy: ${label}`, error));
    return false;
  }
}

/** False where there is nothing to forget. */
function forget(port: BoardPort, storage: Storage, { generation, path }: Request): boolean {
  if (!isComplete(port, storage, generation)) return false;
  const upper = openUpper(port, storage, generation);
  try {
    const { directory, name, status } = findChange(port, upper, path);
    try {
      if (status === undefined) return false;
      if (isDirectory(status.mode)) moveToTrash(port, storage, directory, name);
      else port.removeIn(directory, name);
      port.syncDirectory(directory);
      return true;
    } finally {
      port.close(directory);
    }
  } finally {
    port.close(upper);
  }
}

function moveToTrash(port: BoardPort, { generations }: Storage, directory: number, name: string): void {
  port.makeDirectoryIn(generations, trash, 0o700);
  const heap = port.openIn(generations, trash);
  try {
    let number = 0;
    while (port.statIn(heap, String(number)) !== undefined) number++;
    port.renameIn(directory, name, heap, String(number));
    port.syncDirectory(heap);
  } finally {
    port.close(heap);
  }
}
