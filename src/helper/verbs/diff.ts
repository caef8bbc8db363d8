/** `diff`: what the upper of this boot, or of a generation, changes of the layers below it, one fact a line as it is found. Reads only. */
import { type DiffChange, type DiffEnd, diffSchema } from '../../shared/report.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { findGeneration } from '../generations.ts';
import { json } from '../json.ts';
import { openLowers } from '../lower-paths.ts';
import { followLowers, type Lowers, opaque } from '../lowers.ts';
import { isDirectory, isWhiteout } from '../mode.ts';
import { isKernelError } from '../port.ts';
import { openStorage } from '../storage.ts';
import type { BoardPort, FileStatus } from '../storage-port.ts';
import { oneLine } from '../trouble.ts';
import { openUpper } from '../upper.ts';
import { walk } from '../walk.ts';
import { atMostOneWord } from '../words.ts';
import { openWritable, type Writable } from '../writable.ts';

const redirect = 'trusted.overlay.redirect';

export function diff(port: BoardPort, words: readonly string[]): number {
  const asJson = words[0] === '--json';
  const { rung, booted, upper } = upperOf(port, atMostOneWord(asJson ? words.slice(1) : words));
  const lowers = followLowers(port, openLowers(port, rung, booted, 'diff'));
  let [changes, same] = [0, 0];
  const tell = (change: DiffChange): void => {
    changes++;
    port.print(asJson ? json(change) : lineOf(change));
  };
  walk(port, upper, ({ path }) => ({
    file(directory, name, status) {
      const old = below(port, lowers, name);
      const place = `/${path(name)}`;
      if (isWhiteout(status.mode, status.rdev)) {
        if (old !== undefined) tell({ change: 'deleted', path: place, type: typeOf(old), bytes: old.size });
        return;
      }
      const said = { path: place, type: typeOf(status), bytes: status.size };
      if (old === undefined) tell({ change: 'created', ...said });
      else if (typeOf(old) !== typeOf(status)) tell({ change: 'type', ...said });
      else if (isEqual(port, lowers, directory, name)) same++;
      else tell({ change: 'changed', ...said });
    },
    enter(above, name, status) {
      const place = `/${path(name)}`;
      const old = below(port, lowers, name);
      const from = port.attributeIn(above, name, redirect);
      const hides = from !== undefined || port.attributeIn(above, name, opaque) === 'y';
      const said = {
        path: place,
        type: 'directory',
        bytes: 0,
        ...(from === undefined ? {} : { from }),
      } as const;
      if (from !== undefined) tell({ change: 'moved', ...said });
      else if (old === undefined) tell({ change: 'created', ...said });
      else if (!isDirectory(old.mode)) tell({ change: 'type', ...said });
      else if (hides) tell({ change: 'replaced', ...said });
      else if (old.mode !== status.mode || old.uid !== status.uid || old.gid !== status.gid)
        tell({ change: 'changed', ...said });
      lowers.enter(name, hides);
    },
    left: () => lowers.left(),
  }));
  lowers.close();
  const end: DiffEnd = { schema: diffSchema, rung, changes, same };
  port.print(asJson ? json(end) : `${changes} changes, ${same} files are as below`);
  return verbExit.done;
}

/** A generation is compared as it would be booted. */
function upperOf(port: BoardPort, word: string | undefined): Pick<Writable, 'rung' | 'booted' | 'upper'> {
  if (word === undefined) return openWritable(port);
  const storage = openStorage(port);
  const { number } = findGeneration(port, storage, word);
  return { rung: 'persistent', booted: number, upper: openUpper(port, storage, number) };
}

/** What the union would show without the upper; a whiteout of a layer below is nothing. */
function below(port: BoardPort, lowers: Lowers, name: string): FileStatus | undefined {
  const directory = lowers.having(name);
  const status = directory === undefined ? undefined : port.statIn(directory, name);
  return status === undefined || isWhiteout(status.mode, status.rdev) ? undefined : status;
}

function isEqual(port: BoardPort, lowers: Lowers, directory: number, name: string): boolean {
  const other = lowers.having(name);
  if (other === undefined) return false;
  try {
    return port.equalIn(directory, name, other, name);
  } catch (error) {
    // A block that cannot be read is no reason to call them the same.
    if (isKernelError(error)) return false;
    throw error;
  }
}

function lineOf({ change, path, type, bytes, from }: DiffChange): string {
  return `${change} ${type} ${oneLine(path)} bytes=${bytes}${from === undefined ? '' : ` from=${oneLine(from)}`}`;
}

function typeOf({ mode }: FileStatus): DiffChange['type'] {
  switch (mode & 0o170000) {
    case 0o040000:
      return 'directory';
    case 0o100000:
      return 'file';
    case 0o120000:
      return 'symlink';
    case 0o140000:
      return 'socket';
    case 0o010000:
      return 'fifo';
    case 0o060000:
      return 'block';
    default:
      return 'character';
  }
}
