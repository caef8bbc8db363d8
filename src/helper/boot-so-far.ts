/** What a plain boot knows so far, and the words that it has not read yet. */
import { generationWord } from '../shared/step.ts';
import type { BootPort } from './boot-port.ts';
import type { Count } from './count.ts';
import type { Mounts } from './mounts.ts';
import { type Undo, undoList } from './undo.ts';

export interface PlainBoot {
  readonly port: BootPort;
  readonly undo: Undo;
  readonly words: readonly string[];
  /** Index of the word that is read next. */
  at: number;
  readonly board: string;
  /** Of the plan, as overlay_init knows it. */
  readonly digest: string;
  readonly rung: string;
  readonly outcome: string;
  /** Number of the step. */
  step: number;
  /** When each step began, as overlay_init writes it: " 2=1.25 3=1.26". */
  stamps: string;
  /** Descriptors of /run/overlaykit and of the storage's overlaykit directory. */
  run: number | undefined;
  notes: number | undefined;
  /** The storage device, as mount wants it; empty where the rung uses none. */
  device: string;
  /** The mounts before the first step that asks for them; from `verify` on, with all of the rung. */
  mounts: Mounts | undefined;
  /** The generation that boots, once it is counted. */
  count: Count | undefined;
  /** File system of the merged root, once it is verified. */
  fstype: string | undefined;
  /** Seconds until the background job begins; undefined where the rung has none. */
  later: number | undefined;
}

/** Nothing is done yet, and the words that do not belong to a step are read. */
export function plainBoot(port: BootPort, words: readonly string[]): PlainBoot {
  const [board = '', digest = '', rung = '', outcome = ''] = words;
  return {
    port,
    undo: undoList(port),
    words,
    at: 4,
    ...{ board, digest, rung, outcome, step: 0, stamps: '', device: '' },
    ...{ run: undefined, notes: undefined, mounts: undefined },
    ...{ count: undefined, fstype: undefined, later: undefined },
  };
}

/**
 * The next word.
 * @throws Error where there is none
 */
export function word(soFar: PlainBoot): string {
  const next = soFar.words[soFar.at++];
  if (next === undefined) throw new Error('overlay_init has not said all that is to be done');
  return next;
}

/** The same, as a number. */
export function number(soFar: PlainBoot): number {
  const value = Number(word(soFar));
  if (value >= 0 && value === Math.floor(value)) return value;
  throw new Error('a word of overlay_init is no number');
}

/**
 * The number of the generation that boots.
 * @throws Error where none is chosen yet
 */
export function generationOf({ count }: PlainBoot): number {
  if (count === undefined) throw new Error('no generation is chosen yet');
  return count.generation;
}

/** The next word, with that number where it is spoken of. */
export function wordInGeneration(soFar: PlainBoot): string {
  const value = word(soFar);
  return value.includes(generationWord)
    ? value.split(generationWord).join(String(generationOf(soFar)))
    : value;
}

/** A descriptor that an earlier step has opened. */
export function opened(descriptor: number | undefined, what: string): number {
  if (descriptor === undefined) throw new Error(`${what} is not open`);
  return descriptor;
}

/** Closes what is open. */
export function closeAll(soFar: PlainBoot): void {
  for (const descriptor of [soFar.run, soFar.notes])
    if (descriptor !== undefined) soFar.port.close(descriptor);
  soFar.run = undefined;
  soFar.notes = undefined;
}
