/**
 * What a new base means for an upper, for the checker: which paths a report has to name and as what, and what is left of the
 * upper once it is brought over. Written from docs/decisions/0012 and docs/guides/upgrade.md; it shares nothing with the
 * helper's own. Pure but for digests.
 */
import { createHash } from 'node:crypto';
import type { Entry, Tree } from './tree.ts';
import { ancestors, isBelow, type Upper, type UpperEntry } from './upper-model.ts';

/** A base: its tree, and the modes of its folders where not 0755. */
export interface Base {
  readonly tree: Tree;
  readonly modes: ReadonlyMap<string, number>;
}

/** What the base had at each path of the upper when it was recorded. */
export type Recorded = ReadonlyMap<string, string>;

const absent = 'absent';

/** What a record of the upper over its base notes. */
export function recordOf(upper: Upper, base: Base): Recorded {
  const marks = [...upper].flatMap(([path, entry]): readonly (readonly [string, string])[] => {
    if (!isBelow(upper, path)) return [];
    if (entry.kind === 'folder' && !base.tree.has(path)) return [];
    return [[path, markOf(entry, path, base)]];
  });
  return new Map(marks);
}

/** "KIND PATH" for each path that a change of the base concerns, sorted. */
export function factsOf(upper: Upper, recorded: Recorded, base: Base): readonly string[] {
  return [...upper]
    .flatMap(([path, entry]) => {
      const kind = isBelow(upper, path) ? factOf(path, entry, recorded, base) : undefined;
      return kind === undefined ? [] : [`${kind} ${path}`];
    })
    .toSorted();
}

function factOf(path: string, entry: UpperEntry, recorded: Recorded, base: Base): string | undefined {
  const below = base.tree.get(path);
  if (below === undefined) return entry.kind === 'whiteout' ? 'orphan' : undefined;
  const [before, now] = [recorded.get(path), markOf(entry, path, base)];
  if (before === now) return undefined;
  // What the load copies up or makes has 0755.
  if (isMergedFolder(entry, below)) return base.modes.has(path) ? 'attributes' : undefined;
  if (entry.kind !== 'whiteout' && entry.kind !== below.kind) return 'type';
  if (entry.kind === 'file' && digestOf(entry) === now) return undefined;
  if (before === undefined) return 'unknown';
  if (entry.kind === 'folder') return 'opaque';
  if (entry.kind === 'whiteout') return 'deleted';
  return before === absent ? 'new' : 'changed';
}

/** The upper once it is brought over: whiteouts over nothing are gone. */
export function cleaned(upper: Upper, { tree }: Base): Upper {
  return new Map([...upper].filter(([path]) => !isOrphan(upper, path, tree)));
}

/** Whether a whiteout hides nothing any more. */
export function isOrphan(upper: Upper, path: string, base: Tree): boolean {
  return upper.get(path)?.kind === 'whiteout' && !base.has(path);
}

/** A folder that is merged goes by its attributes alone; everything else by all that the base has there. */
function markOf(entry: UpperEntry, path: string, { tree, modes }: Base): string {
  const below = tree.get(path);
  if (below === undefined) return absent;
  if (isMergedFolder(entry, below)) return `mode ${modes.get(path) ?? 0o755}`;
  if (below.kind === 'file') return digestOf(below);
  const inside = [...tree]
    .filter(([one]) => ancestors(one).includes(path))
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return inside
    .map(([one, what]) => `${one.slice(path.length)} ${what.kind === 'file' ? digestOf(what) : ''}`)
    .join('\n');
}

function isMergedFolder(entry: UpperEntry, below: Entry): boolean {
  return entry.kind === 'folder' && !entry.opaque && below.kind === 'folder';
}

function digestOf({ bytes, mode }: Extract<Entry, { kind: 'file' }>): string {
  return `${mode} ${createHash('md5').update(bytes).digest('hex')}`;
}
