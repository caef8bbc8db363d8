/**
 * Making a generation: a copy of another one's upper, changed before anybody can see it. A power cut leaves nothing of it, or a
 * name that ends in ".partial", or all of it.
 */
import type { State } from '../shared/state.ts';
import { numbered } from '../shared/state-changes.ts';
import { generationNumber } from './boot-status.ts';
import { copyTree, type Lack, noLacks } from './copy-tree.ts';
import { findGenerations, isKept, partial } from './generations.ts';
import { isRegular } from './mode.ts';
import { remove } from './remove.ts';
import { readSettings } from './settings.ts';
import { currentState, readSlots, writeState } from './slots.ts';
import type { Storage } from './storage.ts';
import type { BoardPort } from './storage-port.ts';
import { attempt, oneLine, Refused } from './trouble.ts';
import { writeName } from './verbs/name.ts';

/**
 * A number that was never used. It is taken for good before anything is made, so that no cut can make two of one number.
 * @param keeping which state decides what has to be kept beside the new one
 * @throws Refused where there are as many as the plan keeps
 */
export function takeNumber(
  port: BoardPort,
  storage: Storage,
  booted: number | undefined,
  keeping: (state: State) => State = (state) => state,
): number {
  const slots = readSlots(port, storage);
  const state = currentState(slots);
  const { generations, others } = findGenerations(port, storage);
  const { most } = readSettings(port);
  const kept = generations.filter((one) => isKept(one, keeping(state), booted)).length;
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

export interface Making {
  readonly number: number;
  /** The generation to copy, and a descriptor of its upper. */
  readonly from: number;
  readonly upper: number;
  readonly name?: string;
  /**
   * Changes the copy before it is finished.
   * @param links where files with several names are found again, see copyTree
   */
  readonly change?: (upper: number, links: number) => readonly Lack[];
}

/**
 * Makes the whole generation under the name of an unfinished one; the rename is what finishes it.
 * @returns what the copy lacks
 * @throws Error with what failed; nothing of it stays but what a sweep will find
 */
export function makeGeneration(port: BoardPort, storage: Storage, making: Making): readonly Lack[] {
  try {
    return fill(port, storage, making);
  } catch (error) {
    remove(port, storage.generations, `${making.number}${partial}`, 'the unfinished copy');
    throw error;
  }
}

function fill(
  port: BoardPort,
  storage: Storage,
  { number, from, upper, name: called, change }: Making,
): readonly Lack[] {
  const { generations } = storage;
  const name = `${number}${partial}`;
  const making = attempt(`cannot make /overlay/generations/${name}`, () => {
    port.makeDirectoryIn(generations, name, 0o755);
    const directory = port.openIn(generations, name);
    for (const part of ['upper', 'work', 'links']) port.makeDirectoryIn(directory, part, 0o755);
    return directory;
  });
  const opened = [making];
  const openPart = (part: string): number => {
    const descriptor = port.openIn(making, part);
    opened.push(descriptor);
    return descriptor;
  };
  try {
    const target = openPart('upper');
    const links = openPart('links');
    const lacks = [...copyTree(port, upper, target, links), ...(change?.(target, links) ?? noLacks())];
    copyNotes(port, storage, from, making);
    const { count, lines } = remove(port, making, 'links', 'the list of links');
    if (count > 0) throw new Error(lines[0] ?? 'cannot delete the list of links');
    if (called !== undefined) writeName(port, storage, name, called);
    attempt(`cannot finish generation ${number}`, () => {
      port.syncDirectory(making);
      port.syncFileSystem(generations);
      port.renameIn(generations, name, generations, String(number));
      port.syncDirectory(generations);
      port.syncFileSystem(generations);
    });
    return lacks.filter((lack) => lack.count > 0);
  } finally {
    for (const descriptor of opened) port.close(descriptor);
  }
}

const own = ['upper', 'work', 'links', 'name'];

/** What else is noted beside the upper, about the base for one, holds for the copy too. */
function copyNotes(port: BoardPort, { generations }: Storage, number: number, making: number): void {
  const from = port.openIn(generations, String(number));
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

/** Says what a copy lacks. */
export function tellLacks(port: BoardPort, lacks: readonly Lack[]): void {
  for (const { kind, paths, count } of lacks)
    port.print(
      `${count} ${kinds[kind]}: ${paths.map(oneLine).join(', ')}${count > paths.length ? ', ...' : ''}`,
    );
}
