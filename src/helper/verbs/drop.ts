/** `drop`: a generation is forgotten, and then deleted. */

import { dropped } from '../../shared/state-changes.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { bootedGeneration } from '../booted-generation.ts';
import { findGeneration, partial, rolesOf } from '../generations.ts';
import { readMounts } from '../mounts.ts';
import { loosened, remove } from '../remove.ts';
import { currentState, readSlots, writeState } from '../slots.ts';
import { lockGenerations, openStorage, type Storage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { attempt, Refused } from '../trouble.ts';
import { upperOf } from '../upper.ts';
import { oneWord } from '../words.ts';

export function drop(port: BoardPort, words: readonly string[]): number {
  const word = oneWord(words);
  const booted = bootedGeneration(port);
  const storage = openStorage(port);
  lockGenerations(port, storage);
  const number = withState(port, storage, () => forget(port, storage, word, booted));
  const directory = `${number}${partial}`;
  const { lines, count } = remove(port, storage.generations, directory, `/overlay/generations/${directory}`);
  port.syncFileSystem(storage.generations);
  for (const line of lines) port.complain(`overlay_helper: drop: ${line}`);
  port.print(`generation ${number} is dropped`);
  if (count === 0) return verbExit.done;
  port.complain(`overlay_helper: drop: ${count} of its files could not be deleted; every sweep tries again`);
  return verbExit.no;
}

/** Takes the generation out of the state and out of sight; what is left is to delete it. Its number. */
function forget(port: BoardPort, storage: Storage, word: string, booted: number): number {
  const slots = readSlots(port, storage);
  const state = currentState(slots);
  const { number } = findGeneration(port, storage, word);
  const roles = rolesOf(number, state, booted).filter((role) => role !== 'previous');
  if (roles.length > 0) throw new Refused(`generation ${number} is ${roles.join(' and ')}`);
  if (readMounts(port).mention(upperOf(number)))
    throw new Refused(`a union with generation ${number} is mounted`);
  const next = dropped(state, number);
  if (next !== state) writeState(port, storage, slots, next);
  hide(port, storage, number);
  return number;
}

/** Calls a generation unfinished, which nothing boots and every sweep deletes. */
export function hide(port: BoardPort, { generations }: Storage, number: number): void {
  attempt(`cannot rename /overlay/generations/${number}`, () => {
    loosened(port, generations, String(number), () =>
      port.renameIn(generations, String(number), generations, `${number}${partial}`),
    );
    port.syncDirectory(generations);
    port.syncFileSystem(generations);
  });
}
