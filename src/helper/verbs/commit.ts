/**
 * `commit`: changes that are in memory go to the storage, while the board runs. They become a new generation: a copy of the
 * active one with the paths laid over it. One write of the state, the last thing of all, makes it the one to boot.
 */

import type { State } from '../../shared/state.ts';
import { rolledBack, tried } from '../../shared/state-changes.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { withBorrowedStorage } from '../borrowed-storage.ts';
import { commitPath } from '../commit-path.ts';
import type { Lack } from '../copy-tree.ts';
import { isComplete } from '../generations.ts';
import { type Measure, measure, measureEntry } from '../measure.ts';
import { makeGeneration, takeNumber, tellLacks } from '../new-generation.ts';
import { findChange, pathNames, requestsPending } from '../reset-paths.ts';
import { refuseTooLarge } from '../room.ts';
import { currentState, readSlots, writeState } from '../slots.ts';
import { lockGenerations, openOrBegin, openStorage, type Storage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { oneLine, Refused, reason, WrongWords } from '../trouble.ts';
import { openUpper } from '../upper.ts';
import { openWritable } from '../writable.ts';
import { sweepStorage } from './sweep.ts';

interface Wanted {
  readonly dry: boolean;
  readonly role: 'active' | 'trying';
  /** Names on the way to each path; none for everything. */
  readonly paths: readonly (readonly string[])[];
}

export function commit(port: BoardPort, words: readonly string[]): number {
  const wanted = wantedOf(words);
  const { rung, volatile, booted, upper } = openWritable(port);
  const sizes = wanted.paths.map((path) => sizeOf(port, upper, path));
  for (const [index, path] of wanted.paths.entries()) tellPath(port, path, sizes[index]);
  if (wanted.role === 'trying' && rung === 'committed')
    throw new Refused('this board counts no boots on its storage, so nothing can be tried there');
  if (!volatile) {
    port.syncFileSystem(upper);
    port.print(`rung "${rung}" keeps all changes; what was written until now is on the storage`);
    return verbExit.done;
  }
  withBorrowedStorage(port, (path) => {
    const storage = wanted.dry ? openStorage(port, path) : openOrBegin(port, path);
    commitTo(port, { storage, path, booted }, upper, wanted, sizes);
  });
  return verbExit.done;
}

function wantedOf(words: readonly string[]): Wanted {
  const options = words.filter((word) => word.startsWith('-'));
  const paths = words.filter((word) => !word.startsWith('-'));
  if (paths.length === 0 || !options.every((one) => one === '--try' || one === '--dry-run'))
    throw new WrongWords();
  return {
    dry: options.includes('--dry-run'),
    role: options.includes('--try') ? 'trying' : 'active',
    paths: paths.map(namesOf),
  };
}

function namesOf(path: string): readonly string[] {
  const names = path === '/' ? [] : pathNames(path);
  if (names === undefined) throw new Refused(`"${oneLine(path)}" is no absolute path without "." and ".."`);
  return names;
}

/** @throws Refused where nothing is changed there */
function sizeOf(port: BoardPort, upper: number, path: readonly string[]): Measure {
  if (path.length === 0) return measure(port, upper);
  const { directory, name, status } = findChange(port, upper, path, 'commit');
  try {
    if (status === undefined) throw new Refused(`nothing is changed at ${said(path)}`);
    return measureEntry(port, directory, name, status);
  } finally {
    port.close(directory);
  }
}

interface Target {
  readonly storage: Storage;
  /** Where it is mounted. */
  readonly path: string;
  /** The generation that the union in memory lies over; undefined where it lies over the base alone. */
  readonly booted: number | undefined;
}

function commitTo(
  port: BoardPort,
  { storage, path, booted }: Target,
  upper: number,
  { dry, role, paths }: Wanted,
  sizes: readonly Measure[],
): void {
  lockGenerations(port, storage);
  const { active } = currentState(readSlots(port, storage));
  refusePending(port, storage);
  if (!isComplete(port, storage, active))
    throw new Refused(`generation ${active}, the active one, is not there`);
  const from = openUpper(port, storage, active);
  // What an interrupted commit has left takes the room that this one needs.
  if (!dry) tidyUp(port, storage, booted);
  refuseTooLarge(port, sum([measure(port, from), ...sizes]), path);
  if (dry) {
    port.print(`they would be ${role} as a new generation, over a copy of generation ${active}`);
    return;
  }
  const number = withState(port, storage, () =>
    takeNumber(port, storage, booted, (state) => after(state, state.active)),
  );
  const lacks = makeGeneration(port, storage, {
    ...{ number, from: active, upper: from },
    change: (to, links) => commitAll(port, upper, paths, to, links),
  });
  withState(port, storage, () => {
    const slots = readSlots(port, storage);
    writeState(port, storage, slots, after(currentState(slots), number));
  });
  tellLacks(port, lacks);
  port.print(
    `generation ${number}, a copy of generation ${active} with this, is ${role} from the next boot on`,
  );
  tidyUp(port, storage, booted);

  function after(state: State, to: number): State {
    return role === 'trying' ? tried(state, to) : rolledBack(state, to);
  }
}

function commitAll(
  port: BoardPort,
  upper: number,
  paths: Wanted['paths'],
  to: number,
  links: number,
): readonly Lack[] {
  const lacks: Lack[] = [];
  for (const path of paths) for (const lack of commitPath(port, upper, path, to, links)) lacks.push(lack);
  return lacks;
}

/** The next boot from the storage would forget what is committed. */
function refusePending(port: BoardPort, storage: Storage): void {
  if (port.statIn(storage.notes, 'reset') !== undefined)
    throw new Refused('a factory reset is asked for on the storage; it would forget this');
  if (requestsPending(port, storage))
    throw new Refused('paths on the storage are still to be reset; boot from it first');
}

/** What no state needs any more goes, last of all. That it does not go is no failure of the commit. */
function tidyUp(port: BoardPort, storage: Storage, booted: number | undefined): void {
  try {
    sweepStorage(port, storage, booted);
  } catch (error) {
    port.complain(reason('overlay_helper: commit: sweeping', error));
  }
}

function sum(sizes: readonly Measure[]): Measure {
  return sizes.reduce((all, one) => ({ bytes: all.bytes + one.bytes, inodes: all.inodes + one.inodes }), {
    bytes: 0,
    inodes: 0,
  });
}

function tellPath(port: BoardPort, path: readonly string[], size: Measure | undefined): void {
  port.print(`commits ${said(path)} bytes=${size?.bytes} inodes=${size?.inodes}`);
}

function said(path: readonly string[]): string {
  return `/${oneLine(path.join('/'))}`;
}
