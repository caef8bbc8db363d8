/** What `bench` reads of the board's base: its first directories and the largest file in them, through both ways. */
import { isDirectory, isRegular } from './mode.ts';
import { isKernelError } from './port.ts';
import type { BoardPort } from './storage-port.ts';
import { attempt } from './trouble.ts';

/** As many as can be open at once: a process may have 1024 descriptors. */
const mostDirectories = 200;
const mostEntries = 5000;
const mostBytes = 4 << 20;

export interface BaseParts {
  /** Descriptors of one directory: through the union, and by itself. */
  readonly directories: readonly (readonly [number, number])[];
  /** Undefined where no file has any content. */
  readonly file:
    | { readonly directories: readonly [number, number]; readonly name: string; readonly bytes: number }
    | undefined;
}

/** What is found lies in memory afterwards, both ways. @throws KernelError */
export function findBase(port: BoardPort, union: number, plain: number): BaseParts {
  const directories: (readonly [number, number])[] = [[union, plain]];
  let file: BaseParts['file'];
  let seen = 0;
  for (let index = 0; index < directories.length && seen < mostEntries; index++) {
    const both = directories[index] ?? [union, plain];
    for (const name of namesIn(port, both[1])) {
      seen++;
      const status = port.statIn(both[1], name);
      if (status === undefined) continue;
      if (isDirectory(status.mode) && directories.length < mostDirectories) {
        const below = openBoth(port, both, name);
        if (below !== undefined) directories.push(below);
      } else if (isRegular(status.mode) && status.size <= mostBytes && status.size > (file?.bytes ?? 0))
        file = { directories: both, name, bytes: status.size };
    }
  }
  for (const both of directories) for (const one of both) port.timeIn(one, '.', 'list', 0, 0);
  if (file !== undefined)
    for (const one of file.directories)
      attempt(`cannot read ${file.name} of the base`, () =>
        port.timeIn(one, file.name, 'read', file.bytes, 0),
      );
  return { directories, file };
}

/** By a descriptor of its own: one that has listed a directory keeps what the union has merged of it. */
function namesIn(port: BoardPort, directory: number): readonly string[] {
  const here = port.openIn(directory, '.');
  const all: string[] = [];
  for (let names = port.entries(here); names.length > 0; names = port.entries(here)) all.push(...names);
  port.close(here);
  return all;
}

/** Undefined where something is mounted in the base. */
function openBoth(
  port: BoardPort,
  [union, plain]: readonly [number, number],
  name: string,
): readonly [number, number] | undefined {
  const opened: number[] = [];
  try {
    for (const directory of [union, plain]) opened.push(port.openIn(directory, name));
    return [opened[0] ?? -1, opened[1] ?? -1];
  } catch (error) {
    for (const one of opened) port.close(one);
    if (isKernelError(error) && error.code === 'EXDEV') return undefined;
    throw error;
  }
}
