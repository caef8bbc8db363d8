/** The generations on the storage: which there are, what they are called, what each is to the state. */
import type { Role } from '../shared/report.ts';
import type { State } from '../shared/state.ts';
import { generationNumber } from './boot-status.ts';
import { isDirectory } from './mode.ts';
import { isKernelError } from './port.ts';
import { sorted } from './sorted.ts';
import type { Storage } from './storage.ts';
import type { BoardPort } from './storage-port.ts';
import { oneLine, Refused } from './trouble.ts';

export interface Generation {
  readonly number: number;
  /** Whether it has a name, readable or not: what has one is kept. */
  readonly named: boolean;
  readonly name: string | undefined;
}

/** What is added to the name of a directory that is being made, or deleted. */
export const partial = '.partial';

/** Longer lists are noise: numbers of generations that a board keeps are below ten. */
const maxEntries = 1000;

export interface Found {
  /** Complete ones, in the order of their numbers. */
  readonly generations: readonly Generation[];
  /** Names of everything else. */
  readonly others: readonly string[];
}

/**
 * Looks what is there.
 * @throws Refused where it is more than could be a storage of overlaykit
 */
export function findGenerations(port: BoardPort, storage: Storage): Found {
  const names = allNames(port, storage);
  const generations: Generation[] = [];
  const others: string[] = [];
  for (const name of names) {
    const number = generationNumber(name);
    if (number === undefined || !isComplete(port, storage, number)) others.push(name);
    else generations.push({ number, ...nameOf(port, storage, number) });
  }
  return { generations: sorted(generations, (a, b) => a.number - b.number), others };
}

function allNames(port: BoardPort, { generations }: Storage): readonly string[] {
  const directory = port.openIn(generations, '.');
  const all: string[] = [];
  try {
    for (let names = port.entries(directory); names.length > 0; names = port.entries(directory)) {
      for (const name of names) all.push(name);
      if (all.length > maxEntries)
        throw new Refused(`more than ${maxEntries} entries in /overlay/generations`);
    }
  } finally {
    port.close(directory);
  }
  return all;
}

/**
 * Whether there is a generation of this number that may be booted. On JFFS2 a directory that is being renamed has both
 * names after a power cut, so one that is called unfinished too is unfinished.
 */
export function isComplete(port: BoardPort, { generations }: Storage, number: number): boolean {
  const status = port.statIn(generations, String(number));
  if (status === undefined || !isDirectory(status.mode)) return false;
  return port.statIn(generations, `${number}${partial}`) === undefined;
}

const nameBytes = 128;

function nameOf(port: BoardPort, storage: Storage, number: number): Pick<Generation, 'named' | 'name'> {
  const directory = port.openIn(storage.generations, String(number));
  try {
    const text = port.readIn(directory, 'name', nameBytes);
    if (text === undefined) return { named: false, name: undefined };
    const name = text.split('\n')[0] ?? '';
    return { named: true, name: isName(name) ? name : undefined };
  } catch (error) {
    if (isKernelError(error)) return { named: true, name: undefined };
    throw error;
  } finally {
    port.close(directory);
  }
}

const maxName = 40;

/** Letters, digits, and ". _ + -" after a letter: a name is never a number, an option, or a path. */
export function isName(text: string): boolean {
  if (text.length === 0 || text.length > maxName || !isLetter(text.charAt(0))) return false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    if (!isLetter(character) && !'0123456789._+-'.includes(character)) return false;
  }
  return true;
}

function isLetter(character: string): boolean {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
}

/**
 * Checks a name that somebody gives.
 * @throws Refused saying what a name is
 */
export function checkName(text: string): void {
  if (!isName(text))
    throw new Refused(
      `"${oneLine(text)}" is no name: a letter, then at most ${maxName - 1} letters, digits or . _ + -`,
    );
}

/**
 * The generation that a word means: its number, or its name.
 * @throws Refused where there is none, or more than one
 */
export function findGeneration(port: BoardPort, storage: Storage, word: string): Generation {
  const { generations } = findGenerations(port, storage);
  const number = generationNumber(word);
  const fitting = generations.filter((one) =>
    number === undefined ? one.name === word : one.number === number,
  );
  const [only] = fitting;
  if (only === undefined)
    throw new Refused(`there is no generation ${shown(word, number)}; there are ${listed(generations)}`);
  if (fitting.length > 1)
    throw new Refused(`several generations are called "${word}": ${listed(fitting)}; say the number`);
  return only;
}

function shown(word: string, number: number | undefined): string {
  return number === undefined ? `"${oneLine(word)}"` : String(number);
}

function listed(generations: readonly Generation[]): string {
  if (generations.length === 0) return 'none';
  return generations
    .map(({ number, name }) => (name === undefined ? String(number) : `${number} "${name}"`))
    .join(', ');
}

/** What a generation is to the state and to this boot. */
export function rolesOf(
  number: number,
  state: State | undefined,
  booted: number | undefined,
): readonly Role[] {
  const roles: Role[] = [];
  if (state?.active === number) roles.push('active');
  if (state?.previous === number) roles.push('previous');
  if (state?.trying === number) roles.push('trying');
  if (booted === number) roles.push('booted');
  return roles;
}

/** Whether it stays: it has a part to play, or a name that no factory reset has taken back. */
export function isKept({ number, named }: Generation, state: State, booted: number | undefined): boolean {
  if (rolesOf(number, state, booted).length > 0) return true;
  return named && (state.reset === undefined || number >= state.reset);
}
