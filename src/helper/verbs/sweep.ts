/**
 * `sweep`: deletes whatever lies in /overlay/generations and has no part to play. It can be interrupted anywhere: what it has
 * begun to delete is called unfinished first, and the next sweep goes on.
 */

import type { State } from '../../shared/state.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { sweepScene } from '../bench-scene.ts';
import { bootedGeneration } from '../booted-generation.ts';
import { findGenerations, isKept, partial } from '../generations.ts';
import { type Mounts, readMounts } from '../mounts.ts';
import { remove, type Stuck } from '../remove.ts';
import { requestsPending, trash } from '../reset-paths.ts';
import { currentState, readSlots } from '../slots.ts';
import { lockGenerations, openStorage, type Storage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { oneLine, reason } from '../trouble.ts';
import { upperOf } from '../upper.ts';
import { noWords } from '../words.ts';
import { hide } from './drop.ts';

export function sweep(port: BoardPort, words: readonly string[]): number {
  noWords(words);
  const booted = bootedGeneration(port);
  const storage = openStorage(port);
  lockGenerations(port, storage);
  const { found, stuck } = sweepStorage(port, storage, booted);
  if (found === 0) port.print('sweep: nothing to delete');
  return stuck === 0 ? verbExit.done : verbExit.no;
}

interface Swept {
  /** What was to be deleted, and how much of it could not be. */
  readonly found: number;
  readonly stuck: number;
}

/**
 * Deletes what nothing keeps; whoever asks has the lock.
 * @param booted the generation that runs; undefined where none does
 */
export function sweepStorage(port: BoardPort, storage: Storage, booted: number | undefined): Swept {
  const mounts = readMounts(port);
  const { hidden, failed } = withState(port, storage, () => hideDoomed(port, storage, mounts, booted));
  const { others } = findGenerations(port, storage);
  const state = currentState(readSlots(port, storage));
  const doomed = others.filter((name) => !isProtected(port, storage, name, state, booted));
  const stuck = doomed.filter((name) => !deleteEntry(port, storage, name));
  if (doomed.length > 0) port.syncFileSystem(storage.generations);
  const bench = sweepScene(port, storage.notes);
  if (bench === 'removed') port.print('sweep: deleted what a bench has left');
  return {
    found: hidden + failed + doomed.length + (bench === 'missing' ? 0 : 1),
    stuck: stuck.length + failed + (bench === 'stuck' ? 1 : 0),
  };
}

interface Hiding {
  readonly hidden: number;
  readonly failed: number;
}

/** Calls every complete generation unfinished that nothing keeps, while nobody can make it the one to boot. */
function hideDoomed(port: BoardPort, storage: Storage, mounts: Mounts, booted: number | undefined): Hiding {
  const state = currentState(readSlots(port, storage));
  const doomed = findGenerations(port, storage).generations.filter(
    (one) => !isKept(one, state, booted) && !mounts.mention(upperOf(one.number)),
  );
  let failed = 0;
  for (const { number } of doomed) {
    try {
      hide(port, storage, number);
    } catch (error) {
      failed++;
      port.complain(reason('overlay_helper: sweep', error));
    }
  }
  return { hidden: doomed.length - failed, failed };
}

/**
 * Whether an entry that is no complete generation has to stay all the same. After a cut JFFS2 may show one directory under
 * both of its names: then deleting the unfinished one would empty the one that boots.
 */
function isProtected(
  port: BoardPort,
  storage: Storage,
  name: string,
  state: State,
  booted: number | undefined,
): boolean {
  if (name === trash) return requestsPending(port, storage);
  const { generations } = storage;
  const id = port.statIn(generations, name)?.id;
  const numbers = [state.active, state.previous, state.trying, booted];
  const same = numbers.some((number) => {
    const status = number === undefined ? undefined : port.statIn(generations, String(number));
    return status !== undefined && status.id === id;
  });
  if (same && name.endsWith(partial))
    port.complain(
      `overlay_helper: sweep: ${oneLine(name)} is a second name of a generation that boots; it stays`,
    );
  return same;
}

/** Whether it is gone. */
function deleteEntry(port: BoardPort, { generations }: Storage, name: string): boolean {
  const label = `/overlay/generations/${oneLine(name)}`;
  const { lines, count }: Stuck = remove(port, generations, name, label);
  for (const line of lines) port.complain(`overlay_helper: sweep: ${line}`);
  if (count === 0 && port.statIn(generations, name) === undefined) {
    port.print(`sweep: deleted ${oneLine(name)}`);
    return true;
  }
  port.complain(`overlay_helper: sweep: ${label}: ${count} entries could not be deleted`);
  return false;
}
