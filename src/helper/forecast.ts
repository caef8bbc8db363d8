/** What a reset would take away and what it would leave, with sizes. Changes nothing. */
import { findGenerations } from './generations.ts';
import { type Measure, measure, measureEntry } from './measure.ts';
import { type Change, findChange, pathNames } from './reset-paths.ts';
import type { Settings } from './settings.ts';
import type { Storage } from './storage.ts';
import type { BoardPort } from './storage-port.ts';
import { oneLine, Refused } from './trouble.ts';
import { openUpper } from './upper.ts';

export interface Forecast extends Measure {
  readonly goes: boolean;
  readonly what: string;
}

/**
 * Looks at the running generation, and at the others, which a reset of everything deletes.
 * @param path the one path whose changes are to be forgotten; undefined for everything
 */
export function forecastReset(
  port: BoardPort,
  storage: Storage,
  booted: number,
  path: readonly string[] | undefined,
  { keep }: Settings,
): readonly Forecast[] {
  const upper = openUpper(port, storage, booted);
  try {
    if (path !== undefined) return at(port, upper, path, true);
    const stays: Forecast[] = [];
    for (const kept of keep.filter((one) => !isInside(one, keep))) {
      for (const row of at(port, upper, pathNames(kept) ?? [], false)) stays.push(row);
    }
    return [...stays, ...changesLess(port, upper, stays), ...otherGenerations(port, storage, booted)];
  } finally {
    port.close(upper);
  }
}

/** Whether another kept path has it already. */
function isInside(path: string, keep: readonly string[]): boolean {
  return keep.some((other) => path !== other && path.startsWith(`${other}/`));
}

/** What is changed at a path; nothing where nothing is. */
function at(port: BoardPort, upper: number, path: readonly string[], goes: boolean): readonly Forecast[] {
  let change: Change;
  try {
    change = findChange(port, upper, path);
  } catch (error) {
    // A kept path that a deleted directory hides has nothing to keep.
    if (!goes && error instanceof Refused) return [];
    throw error;
  }
  const { directory, name, status } = change;
  try {
    if (status === undefined) return [];
    return [{ goes, what: `/${oneLine(path.join('/'))}`, ...measureEntry(port, directory, name, status) }];
  } finally {
    port.close(directory);
  }
}

/** Each first name of the upper, without what stays of it. */
function changesLess(port: BoardPort, upper: number, stays: readonly Forecast[]): readonly Forecast[] {
  const rows: Forecast[] = [];
  const directory = port.openIn(upper, '.');
  try {
    for (let names = port.entries(directory); names.length > 0; names = port.entries(directory)) {
      for (const name of names) {
        const what = `/${oneLine(name)}`;
        const [whole] = at(port, upper, [name], true);
        const kept = stays.filter((one) => one.what === what || one.what.startsWith(`${what}/`));
        const bytes = kept.reduce((left, one) => left - one.bytes, whole?.bytes ?? 0);
        const inodes = kept.reduce((left, one) => left - one.inodes, whole?.inodes ?? 0);
        if (inodes > 0) rows.push({ goes: true, what, bytes, inodes });
      }
    }
  } finally {
    port.close(directory);
  }
  return rows;
}

function otherGenerations(port: BoardPort, storage: Storage, booted: number): readonly Forecast[] {
  const others = findGenerations(port, storage).generations.filter(({ number }) => number !== booted);
  return others.map(({ number, name }) => {
    const inside = port.openIn(storage.generations, String(number));
    try {
      const what = name === undefined ? `generation ${number}` : `generation ${number} "${name}"`;
      return { goes: true, what, ...measure(port, inside) };
    } finally {
      port.close(inside);
    }
  });
}
