/** `list`: the generations, their size, and what each is. */
import { type GenerationReport, type GenerationsReport, listSchema } from '../../shared/report.ts';
import type { State } from '../../shared/state.ts';
import { chooseSlot } from '../../shared/state.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { readBootStatus } from '../boot-status.ts';
import { findGenerations, type Generation, isKept, rolesOf } from '../generations.ts';
import { json } from '../json.ts';
import { measure } from '../measure.ts';
import { lookAtSlots } from '../slots.ts';
import { openStorage, type Storage } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { oneLine } from '../trouble.ts';
import { wantsJson } from '../words.ts';

export function list(port: BoardPort, words: readonly string[]): number {
  const asJson = wantsJson(words);
  const storage = openStorage(port);
  const report = reportOf(port, storage);
  if (asJson) port.print(json(report));
  else for (const line of linesOf(report)) port.print(line);
  return verbExit.done;
}

function reportOf(port: BoardPort, storage: Storage): GenerationsReport {
  const { a, b } = lookAtSlots(port, storage);
  const counts = chooseSlot(a, b);
  const state = counts?.kind === 'state' ? counts.state : undefined;
  const booted = bootedOrNone(port);
  const { generations, others } = findGenerations(port, storage);
  return {
    schema: listSchema,
    generations: generations.map((one) => rowOf(port, storage, one, state, booted)),
    others: others.map(oneLine),
  };
}

function bootedOrNone(port: BoardPort): number | undefined {
  try {
    return readBootStatus(port).booted;
  } catch {
    return undefined;
  }
}

function rowOf(
  port: BoardPort,
  storage: Storage,
  generation: Generation,
  state: State | undefined,
  booted: number | undefined,
): GenerationReport {
  const { number, name } = generation;
  const directory = port.openIn(storage.generations, String(number));
  try {
    return {
      number,
      name: name ?? null,
      roles: rolesOf(number, state, booted),
      ...measure(port, directory),
      doomed: state !== undefined && !isKept(generation, state, booted),
    };
  } finally {
    port.close(directory);
  }
}

function linesOf({ generations, others }: GenerationsReport): readonly string[] {
  const rows = generations.map(({ number, name, roles, bytes, inodes, doomed }) => {
    const words = doomed ? 'deleted-by-next-sweep' : roles.length === 0 ? '-' : roles.join(',');
    return `${number} ${words} bytes=${bytes} inodes=${inodes} name=${name ?? '-'}`;
  });
  return [
    ...rows,
    ...others.map((name) => `other "${name}": no complete generation, deleted by the next sweep`),
  ];
}
