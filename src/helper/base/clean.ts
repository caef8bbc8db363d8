/**
 * Takes out of an upper what the old base has left in it and what would give wrong data over the new one: file handles of
 * the base, orphaned whiteouts, data that was the base's. Only while it is not mounted. Can be cut anywhere: what is done is
 * not done again, and what is not is found again.
 */
import type { BaseFact } from '../../shared/report.ts';
import { isDirectory } from '../mode.ts';
import { isKernelError } from '../port.ts';
import { remove } from '../remove.ts';
import type { BoardPort } from '../storage-port.ts';
import { attempt, oneLine, reason } from '../trouble.ts';
import type { Known } from './facts.ts';
import { factOf } from './facts.ts';
import type { Lower } from './lower.ts';
import { type MetaLine, metaFile, metaText, readMeta } from './meta.ts';
import { type Entry, type UpperSystem, walkUpper } from './upper.ts';

/** File handles and counts that mean nothing on another base; what overlayfs wants to know again it finds out again. */
const stale = ['origin', 'nlink', 'uuid', 'upper'];
const prefix = 'trusted.overlay.';
const aside = 'aside';

export interface Cleaning {
  /** Descriptor of generations/N. */
  readonly generation: number;
  readonly upper: number;
  readonly lower: Lower;
  readonly system: UpperSystem;
  readonly known: Known;
}

/** Cleans an upper; durable once the caller has synced. */
export function cleanUpper(port: BoardPort, cleaning: Cleaning): void {
  const { upper, lower, system, known } = cleaning;
  const pending: Entry[] = [];
  if (system !== 'mini_fo') strip(port, upper, '.');
  walkUpper(port, upper, lower, system, {
    entry(entry) {
      if (system !== 'mini_fo' && entry.status !== undefined) strip(port, entry.directory, entry.name);
      const fact = factOf(port, lower, entry, known);
      if (fact?.kind === 'detached' && system !== 'mini_fo') detach(port, entry);
      // Not while the directory is read: file systems that count positions would skip entries.
      if (fact?.kind === 'orphan' || fact?.kind === 'set-aside') pending.push(entry);
    },
    leave(directory, path) {
      if (system === 'mini_fo') cleanMeta(port, cleaning, directory);
      for (let last = pending[pending.length - 1]; isIn(last, path); last = pending[pending.length - 1]) {
        pending.pop();
        if (last !== undefined && last.status !== undefined) take(port, cleaning.generation, directory, last);
      }
    },
  });
}

function isIn(entry: Entry | undefined, directory: string): boolean {
  if (entry === undefined) return false;
  const above = entry.path.slice(0, entry.path.lastIndexOf('/'));
  return above === (directory === '' ? '' : `/${directory}`);
}

function strip(port: BoardPort, directory: number, name: string): void {
  for (const what of stale) {
    try {
      port.removeAttributeIn(directory, name, prefix + what);
    } catch (error) {
      // Immutable files keep them. They are not looked at where index is off, and index=on refuses such an upper by itself.
      if (isKernelError(error) && error.code === 'EPERM') return;
      throw new Error(reason(`cannot take ${what} off ${oneLine(name)}`, error));
    }
  }
}

/** A moved directory keeps what the upper has in it, and merges with nothing: in this order, so that a cut leaves it so too. */
function detach(port: BoardPort, { directory, name }: Entry): void {
  attempt(`cannot detach ${oneLine(name)}`, () => {
    port.setAttributeIn(directory, name, `${prefix}opaque`, 'y');
    port.removeAttributeIn(directory, name, `${prefix}redirect`);
  });
}

function take(port: BoardPort, generation: number, directory: number, entry: Entry): void {
  if (entry.kind === 'whiteout') {
    attempt(`cannot remove ${oneLine(entry.path)}`, () => port.removeIn(directory, entry.name));
    return;
  }
  attempt(`cannot set ${oneLine(entry.path)} aside`, () => {
    port.makeDirectoryIn(generation, aside, 0o700);
    const heap = port.openIn(generation, aside);
    try {
      let number = 0;
      while (port.statIn(heap, String(number)) !== undefined) number++;
      port.renameIn(directory, entry.name, heap, String(number));
      port.syncDirectory(heap);
    } finally {
      port.close(heap);
    }
  });
}

/** "D" for a name that the base lacks makes mini_fo give up on the name: "meta data corruption detected". */
function cleanMeta(port: BoardPort, { generation, lower }: Cleaning, directory: number): void {
  if (lower.covered) return;
  const lines = readMeta(port, directory);
  const fresh = lines.filter((line) => isAlive(lower, lines, line));
  if (fresh.length === lines.length) return;
  attempt(`cannot write ${metaFile}`, () => {
    if (fresh.length === 0) {
      port.removeIn(directory, metaFile);
    } else {
      // Made outside of the upper, where nobody takes it for a file of theirs.
      port.removeIn(generation, 'meta.new');
      port.writeIn(generation, 'meta.new', metaText(fresh));
      port.renameIn(generation, 'meta.new', directory, metaFile);
    }
    port.syncDirectory(directory);
  });
}

function isAlive(lower: Lower, lines: readonly MetaLine[], line: MetaLine): boolean {
  const renamed = lines.find((one) => one.kind === 'renamed' && one.name === line.name);
  const below =
    renamed?.kind === 'renamed'
      ? lower.lookFrom({ kind: 'path', path: renamed.path })
      : lower.look(line.name);
  if (below === undefined) return false;
  return line.kind === 'deleted' || isDirectory(below.mode);
}

/** Empties the work directory: what overlayfs keeps in it belongs to the old base. */
export function emptyWork(port: BoardPort, generation: number): void {
  const status = port.statIn(generation, 'work');
  if (status === undefined || !isDirectory(status.mode)) return;
  const work = port.openIn(generation, 'work');
  try {
    const names: string[] = [];
    for (let some = port.entries(work); some.length > 0; some = port.entries(work))
      for (const name of some) names.push(name);
    for (const name of names) {
      const { count, lines } = remove(port, work, name, `work/${oneLine(name)}`);
      if (count > 0) throw new Error(lines[0] ?? 'cannot empty the work directory');
    }
    port.syncDirectory(work);
  } finally {
    port.close(work);
  }
}

/** What was found once and is done since then is told again. */
export function withEarlier(facts: readonly BaseFact[], earlier: readonly BaseFact[]): readonly BaseFact[] {
  const done = earlier.filter(({ kind }) => kind === 'orphan' || kind === 'set-aside' || kind === 'detached');
  return [
    ...facts,
    ...done.filter((old) => !facts.some(({ kind, path }) => kind === old.kind && path === old.path)),
  ];
}
