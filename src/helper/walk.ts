/**
 * A tree of any depth, without a path that could grow too long and without a call stack that could overflow: one directory
 * is open at a time, and the way up is "..", checked against where it came from.
 */
import { isDirectory } from './mode.ts';
import { isKernelError } from './port.ts';
import type { FileStatus, StoragePort } from './storage-port.ts';

export interface Visitor {
  /** Anything but a directory. `directory` is the one it lies in. */
  file(directory: number, name: string, status: FileStatus): void;
  /** A directory is entered; `above` is still open. */
  enter?(above: number, name: string, status: FileStatus): void;
  /** Everything in a directory was visited, and it is about to be left; `directory` is itself. */
  leave?(directory: number): void;
  /** A directory was left again; `above` is the one it lies in. */
  left?(above: number, name: string): void;
  /** A directory could not be opened. Without this the walk ends with the error. */
  closed?(name: string, error: unknown): void;
}

/** Where a walk is, for whoever has to say it. */
export interface Walk {
  /** Path of an entry of the directory that is open, from the start of the walk, without a leading slash. */
  path(name: string): string;
}

interface Frame {
  /** Directories in it that are still to be visited. */
  readonly pending: string[];
  readonly id: string;
  /** Name of the directory that was entered from here. */
  readonly name: string;
}

/**
 * Visits everything below a directory; what is removed meanwhile is left out. The directory itself is not visited, but left.
 * @throws KernelError of the visitor's and the walk's own calls; Error where a directory was moved away under the walk
 */
export function walk(port: StoragePort, start: number, visitor: (walk: Walk) => Visitor): void {
  const frames: Frame[] = [];
  const visit = visitor({ path: (name) => frames.map((frame) => `${frame.name}/`).join('') + name });
  let here = port.openIn(start, '.');
  let pending = visitFiles(port, here, visit);
  try {
    for (;;) {
      const name = pending.pop();
      if (name !== undefined) {
        const inside = enter(port, here, name, visit);
        if (inside === undefined) continue;
        frames.push({ pending, name, id: identity(port, here) });
        port.close(here);
        here = inside;
        pending = visitFiles(port, here, visit);
        continue;
      }
      visit.leave?.(here);
      const frame = frames.pop();
      if (frame === undefined) return;
      const above = goUp(port, here, frame.id);
      port.close(here);
      here = above;
      pending = frame.pending;
      visit.left?.(here, frame.name);
    }
  } finally {
    port.close(here);
  }
}

/** Visits the files of a directory while it is read; the names of the directories in it. */
function visitFiles(port: StoragePort, here: number, visit: Visitor): string[] {
  const directories: string[] = [];
  for (let names = port.entries(here); names.length > 0; names = port.entries(here)) {
    for (const name of names) {
      const status = port.statIn(here, name);
      if (status === undefined) continue;
      if (isDirectory(status.mode)) directories.push(name);
      else visit.file(here, name, status);
    }
  }
  return directories;
}

/** A descriptor of the directory; undefined where there is none to be entered. */
function enter(port: StoragePort, here: number, name: string, visit: Visitor): number | undefined {
  try {
    const status = port.statIn(here, name);
    if (status === undefined || !isDirectory(status.mode)) return undefined;
    const inside = port.openIn(here, name);
    visit.enter?.(here, name, status);
    return inside;
  } catch (error) {
    if (isKernelError(error) && error.code === 'ENOENT') return undefined;
    if (visit.closed === undefined) throw error;
    visit.closed(name, error);
    return undefined;
  }
}

function goUp(port: StoragePort, here: number, id: string): number {
  const above = port.openIn(here, '..');
  if (identity(port, above) === id) return above;
  port.close(above);
  throw new Error('a directory was moved away meanwhile; try again');
}

function identity(port: StoragePort, directory: number): string {
  return port.statIn(directory, '.')?.id ?? '';
}
