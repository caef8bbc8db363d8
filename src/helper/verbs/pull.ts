/**
 * `pull`: the upper as a tar on standard output, with whiteouts as the device nodes that they are and with what the overlay
 * notes in extended attributes. Reads only; memory does not grow with the tree, but with its files that have several names.
 */
import { verbExit } from '../../shared/verb-exit.ts';
import { findGeneration } from '../generations.ts';
import { isDirectory, isRegular, isSocket, isSymlink } from '../mode.ts';
import { isKernelError } from '../port.ts';
import { openStorage } from '../storage.ts';
import type { BoardPort, FileStatus } from '../storage-port.ts';
import { type TarType, tarEnd, tarHeader } from '../tar.ts';
import { oneLine } from '../trouble.ts';
import { openUpper } from '../upper.ts';
import { walk } from '../walk.ts';
import { atMostOneWord } from '../words.ts';
import { openWritable } from '../writable.ts';

export function pull(port: BoardPort, words: readonly string[]): number {
  const upper = upperOf(port, atMostOneWord(words));
  let entries = 1;
  /** Where files with several names are in the archive already. */
  const known: Record<string, string> = {};
  sendHeader(port, upper, '.', './', statusOf(port, upper));
  walk(port, upper, ({ path }) => ({
    file(directory, name, status) {
      const place = path(name);
      if (isSocket(status.mode)) {
        port.complain(`overlay_helper: pull: ${oneLine(place)} is a socket, and left out`);
        return;
      }
      if (sendFile(port, directory, name, place, status, known)) entries++;
    },
    enter(above, name, status) {
      sendHeader(port, above, name, `${path(name)}/`, status);
      entries++;
    },
  }));
  port.send(tarEnd);
  const { bytes, crc32 } = port.sent();
  port.complain(`overlay_helper: pull: entries=${entries} bytes=${bytes} crc32=${crc32}`);
  return verbExit.done;
}

function upperOf(port: BoardPort, word: string | undefined): number {
  if (word === undefined) return openWritable(port).upper;
  const storage = openStorage(port);
  return openUpper(port, storage, findGeneration(port, storage, word).number);
}

function statusOf(port: BoardPort, directory: number): FileStatus {
  const status = port.statIn(directory, '.');
  if (status === undefined) throw new Error('the upper was removed meanwhile');
  return status;
}

/** False for a file that was removed meanwhile. */
function sendFile(
  port: BoardPort,
  directory: number,
  name: string,
  place: string,
  status: FileStatus,
  known: Record<string, string>,
): boolean {
  const first = known[status.id];
  if (first !== undefined) {
    sendHeader(port, directory, name, place, status, first);
    return true;
  }
  try {
    sendHeader(port, directory, name, place, status);
  } catch (error) {
    if (isKernelError(error) && error.code === 'ENOENT') return false;
    throw error;
  }
  // A symbolic link or a device may have several names too, and tars that say so are read by few.
  if (!isRegular(status.mode)) return true;
  if (status.links > 1) known[status.id] = place;
  if (port.sendIn(directory, name, status.size))
    port.complain(`overlay_helper: pull: ${oneLine(place)} was written to meanwhile`);
  return true;
}

/** @param first the entry that has the same file */
function sendHeader(
  port: BoardPort,
  directory: number,
  name: string,
  path: string,
  { mode, uid, gid, size }: FileStatus,
  first?: string,
): void {
  const { modified, major, minor, target, attributes } = port.describeIn(directory, name);
  const type = first === undefined ? typeOf(mode) : 'link';
  port.send(
    tarHeader({
      ...{ path, type, mode: mode & 0o7777, uid, gid, modified, major, minor },
      size: type === 'file' ? size : 0,
      target: first ?? target,
      attributes: first === undefined ? attributes : [],
    }),
  );
}

function typeOf(mode: number): TarType {
  if (isDirectory(mode)) return 'directory';
  if (isRegular(mode)) return 'file';
  if (isSymlink(mode)) return 'symlink';
  const kind = mode & 0o170000;
  if (kind === 0o020000) return 'character';
  return kind === 0o060000 ? 'block' : 'fifo';
}
