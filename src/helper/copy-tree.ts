/** A copy of an upper directory with everything in it: what overlayfs notes in attributes and whiteouts too. */
import { isSocket } from './mode.ts';
import { isKernelError } from './port.ts';
import { copied, type FileStatus, type StoragePort } from './storage-port.ts';
import { Refused, reason } from './trouble.ts';
import { walk } from './walk.ts';

/** What a copy does not have as the original has it: the first few paths of each kind, and how many there are. */
export interface Lack {
  readonly kind: 'socket' | 'changing' | 'flagged';
  readonly paths: string[];
  count: number;
}

const maxPaths = 5;
/** A file that is written to all the time is copied this often, and then taken as it was read. */
const maxTries = 3;

/**
 * Copies everything in a directory, and its own attributes, into an empty one.
 * @param links an empty directory beside it where files with several names are found again; full of them afterwards
 * @param clear makes way in the target for what is copied there next; where it is not given, the target is empty
 * @throws Error with the path that could not be copied
 */
export function copyTree(
  port: StoragePort,
  from: number,
  to: number,
  links: number,
  clear: Clear = () => {},
): readonly Lack[] {
  const lacks = noLacks();
  let target = port.openIn(to, '.');
  walk(port, from, ({ path }) => {
    const named = <T>(name: string, action: () => T): T => {
      try {
        return action();
      } catch (error) {
        if (error instanceof Refused) throw error;
        throw new Error(reason(`cannot copy ${path(name)}`, error));
      }
    };
    return {
      file(directory, name, status) {
        named(name, () =>
          copyEntry(port, { directory, name, status }, target, { links, clear, lacks }, path(name)),
        );
      },
      enter(above, name, status) {
        named(name, () => {
          clear({ directory: above, name, status }, target);
          port.makeDirectoryIn(target, name, 0o700);
          target = goTo(port, target, name);
        });
      },
      leave(directory) {
        // The times of a directory change with everything that is made in it, so they come last.
        const answer = named('.', () => port.copyAttributes(directory, target));
        if ((answer & copied.flagged) !== 0) note(lacks, 'flagged', path('.'));
      },
      left() {
        target = goTo(port, target, '..');
      },
      closed(name, error) {
        throw new Error(reason(`cannot copy ${path(name)}`, error));
      },
    };
  });
  port.close(target);
  return lacks.filter(({ count }) => count > 0);
}

export function noLacks(): readonly Lack[] {
  return [
    { kind: 'socket', paths: [], count: 0 },
    { kind: 'changing', paths: [], count: 0 },
    { kind: 'flagged', paths: [], count: 0 },
  ];
}

/** What lies in a directory under a name. */
export interface Entry {
  readonly directory: number;
  readonly name: string;
  readonly status: FileStatus;
}

export type Clear = (entry: Entry, target: number) => void;

/** Where and how copies are made. */
export interface Copying {
  readonly links: number;
  readonly clear: Clear;
  readonly lacks: readonly Lack[];
}

/** Copies one entry that is no directory. @param path how it is called where something is lacking */
export function copyEntry(
  port: StoragePort,
  entry: Entry,
  target: number,
  { links, clear, lacks }: Copying,
  path: string,
): void {
  const { directory, name, status } = entry;
  if (isSocket(status.mode)) {
    note(lacks, 'socket', path);
    return;
  }
  clear(entry, target);
  const answer = copyFile(port, links, directory, name, target, status);
  if ((answer & copied.changed) !== 0) note(lacks, 'changing', path);
  if ((answer & copied.flagged) !== 0) note(lacks, 'flagged', path);
}

function goTo(port: StoragePort, directory: number, name: string): number {
  const next = port.openIn(directory, name);
  port.close(directory);
  return next;
}

/** Copies a file, or links to the copy that another of its names has made. */
function copyFile(
  port: StoragePort,
  links: number,
  directory: number,
  name: string,
  target: number,
  { links: names, id, changed }: FileStatus,
): number {
  // Inode numbers are used again; together with the time of the last change they are not.
  const known = `${id}-${changed}`;
  if (names > 1 && port.linkIn(links, known, target, name)) return 0;
  const answer = copyUntilStill(port, directory, name, target);
  if (names > 1 && answer !== undefined) port.linkIn(target, name, links, known);
  return answer ?? 0;
}

/** The answer of copyIn; undefined where the file was removed meanwhile. */
function copyUntilStill(
  port: StoragePort,
  directory: number,
  name: string,
  target: number,
): number | undefined {
  for (let tries = 1; ; tries++) {
    try {
      const answer = port.copyIn(directory, name, target, name);
      if ((answer & copied.changed) === 0 || tries === maxTries) return answer;
    } catch (error) {
      if (!isKernelError(error) || error.code !== 'ENOENT') throw error;
      if (port.statIn(directory, name) === undefined) {
        port.removeIn(target, name);
        return undefined;
      }
      if (tries === maxTries) throw error;
    }
    port.removeIn(target, name);
  }
}

function note(lacks: readonly Lack[], kind: Lack['kind'], path: string): void {
  const lack = lacks.find((one) => one.kind === kind);
  if (lack === undefined) return;
  lack.count++;
  if (lack.paths.length < maxPaths) lack.paths.push(path);
}
