/**
 * `snapshot`: copies the running generation into a new one. The system goes on meanwhile: each file is as it was when it was
 * read, and what is written while it is read is read again.
 */
import { verbExit } from '../../shared/report.ts';
import { numbered } from '../../shared/state-changes.ts';
import { bootedGeneration, generationNumber } from '../boot-status.ts';
import { copyTree, type Lack } from '../copy-tree.ts';
import { checkName, findGenerations, isKept, partial } from '../generations.ts';
import { type Measure, measure } from '../measure.ts';
import { isRegular } from '../mode.ts';
import { remove } from '../remove.ts';
import { refuseTooLarge } from '../room.ts';
import { readSettings } from '../settings.ts';
import { currentState, readSlots, writeState } from '../slots.ts';
import { lockGenerations, openStorage, type Storage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { attempt, oneLine, Refused } from '../trouble.ts';
import { openUpper } from '../upper.ts';
import { atMostOneWord } from '../words.ts';
import { refuseTaken, writeName } from './name.ts';

export function snapshot(port: BoardPort, words: readonly string[]): number {
  const given = atMostOneWord(words);
  if (given !== undefined) checkName(given);
  const booted = bootedGeneration(port);
  const storage = openStorage(port);
  lockGenerations(port, storage);
  if (given !== undefined) refuseTaken(port, storage, given);
  const upper = openUpper(port, storage, booted);
  const size = measure(port, upper);
  refuseTooLarge(port, size);
  const number = withState(port, storage, () => takeNumber(port, storage, booted));
  // Only what has a name is kept without having a part to play.
  const called = given ?? `snapshot-${number}`;
  const lacks = fillOrRemove(port, storage, number, () =>
    fill(port, storage, { number, booted, upper, called }),
  );
  tell(port, number, called, booted, size, lacks);
  return verbExit.done;
}

/** A number that was never used. It is taken for good before anything is made, so that no cut can make two of one number. */
function takeNumber(port: BoardPort, storage: Storage, booted: number): number {
  const slots = readSlots(port, storage);
  const state = currentState(slots);
  const { generations, others } = findGenerations(port, storage);
  const { most } = readSettings(port);
  const kept = generations.filter((one) => isKept(one, state, booted)).length;
  if (kept >= most)
    throw new Refused(`there are ${kept} generations, and the plan keeps ${most} at most; drop one first`);
  const used = [...generations.map(({ number }) => number), ...others.map(numberOf)];
  const number = used.reduce((next, one) => (one >= next ? one + 1 : next), state.next);
  writeState(port, storage, slots, numbered(state, number));
  return number;
}

/** The number in "7", "7.partial", or 0. */
function numberOf(name: string): number {
  return generationNumber(name.split('.')[0] ?? '') ?? 0;
}

/** Whatever fails, nothing of a half-made generation stays but what a sweep will find. */
function fillOrRemove<T>(port: BoardPort, { generations }: Storage, number: number, action: () => T): T {
  try {
    return action();
  } catch (error) {
    remove(port, generations, `${number}${partial}`, 'the unfinished copy');
    throw error;
  }
}

interface Making {
  readonly number: number;
  readonly booted: number;
  /** Descriptor of the upper to copy. */
  readonly upper: number;
  readonly called: string;
}

/** Makes the whole generation under the name of an unfinished one; the rename is what finishes it. */
function fill(port: BoardPort, storage: Storage, { number, booted, upper, called }: Making): readonly Lack[] {
  const { generations } = storage;
  const name = `${number}${partial}`;
  const making = attempt(`cannot make /overlay/generations/${name}`, () => {
    port.makeDirectoryIn(generations, name, 0o755);
    const directory = port.openIn(generations, name);
    for (const part of ['upper', 'work', 'links']) port.makeDirectoryIn(directory, part, 0o755);
    return directory;
  });
  const lacks = copyTree(port, upper, port.openIn(making, 'upper'), port.openIn(making, 'links'));
  copyNotes(port, storage, booted, making);
  const { count, lines } = remove(port, making, 'links', 'the list of links');
  if (count > 0) throw new Error(lines[0] ?? 'cannot delete the list of links');
  writeName(port, storage, name, called);
  attempt(`cannot finish generation ${number}`, () => {
    port.syncDirectory(making);
    port.syncFileSystem(generations);
    port.renameIn(generations, name, generations, String(number));
    port.syncDirectory(generations);
    port.syncFileSystem(generations);
  });
  return lacks;
}

const own = ['upper', 'work', 'links', 'name'];

/** What else is noted beside the upper, about the base for one, holds for the copy too. */
function copyNotes(port: BoardPort, { generations }: Storage, booted: number, making: number): void {
  const from = port.openIn(generations, String(booted));
  for (let names = port.entries(from); names.length > 0; names = port.entries(from)) {
    for (const name of names) {
      const status = port.statIn(from, name);
      if (status === undefined || !isRegular(status.mode) || own.includes(name)) continue;
      attempt(`cannot copy ${oneLine(name)}`, () => port.copyIn(from, name, making, name));
    }
  }
  port.close(from);
}

const kinds: Readonly<Record<Lack['kind'], string>> = {
  socket: 'sockets are not copied',
  changing: 'were written to all the time, and may be copied half-written',
  flagged: 'are immutable or append-only, which the copies are not',
};

function tell(
  port: BoardPort,
  number: number,
  called: string,
  booted: number,
  { bytes, inodes }: Measure,
  lacks: readonly Lack[],
): void {
  port.print(
    `generation ${number} "${called}" is a copy of generation ${booted} bytes=${bytes} inodes=${inodes}`,
  );
  for (const { kind, paths, count } of lacks)
    port.print(
      `${count} ${kinds[kind]}: ${paths.map(oneLine).join(', ')}${count > paths.length ? ', ...' : ''}`,
    );
  port.print(`boot it once with: overlay_helper try ${number}`);
}
