/**
 * Reads an upper: from the entries of its tree to what it changes. Pure, so that a tar, a board and a test can be read alike.
 *
 * In: entries, the format, and the entries of the base where they are known. Out: changes, sorted by path. Reads neither
 * files nor images.
 */
import type { Change } from './change.ts';
import type { LayerEntry } from './entry.ts';
import { isMetaFile, miniFoNotes } from './mini-fo.ts';
import { isWhiteout, overlayNotes } from './overlay.ts';

export const upperFormats = ['overlay', 'mini_fo'] as const;
export type UpperFormat = (typeof upperFormats)[number];

/** What a format notes of a path, apart from what is there. Paths as in LayerEntry. */
export interface Notes {
  readonly deleted: ReadonlySet<string>;
  /** Directories that hide the base's. */
  readonly opaque: ReadonlySet<string>;
  /** Where the base has what belongs to a path, if elsewhere. */
  readonly from: ReadonlyMap<string, string>;
  /** Files of which the upper has no data. */
  readonly metacopy: ReadonlySet<string>;
}

export function readUpper(
  entries: readonly LayerEntry[],
  format: UpperFormat,
  base?: readonly LayerEntry[],
): readonly Change[] {
  const notes = format === 'overlay' ? overlayNotes(entries) : miniFoNotes(entries);
  const known = base === undefined ? undefined : new Map(base.map((entry) => [entry.path, entry]));
  const kept = entries.filter((entry) => entry.path !== '' && !isNote(entry, format));
  const changes = [
    ...[...notes.deleted].flatMap((path) => deletion(path, notes, known)),
    ...kept.flatMap((entry) => changeOf(entry, notes, known)),
  ];
  return changes.toSorted((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
}

function isNote(entry: LayerEntry, format: UpperFormat): boolean {
  return format === 'overlay' ? isWhiteout(entry) : isMetaFile(entry.path);
}

type Base = ReadonlyMap<string, LayerEntry> | undefined;

/** A whiteout of what the base does not have deletes nothing. */
function deletion(path: string, notes: Notes, base: Base): readonly Change[] {
  const below = placeBelow(path, notes);
  if (below === undefined || (base !== undefined && !base.has(below))) return [];
  return [{ kind: 'deleted', path }];
}

function changeOf(entry: LayerEntry, notes: Notes, base: Base): readonly Change[] {
  const { path } = entry;
  const below = placeBelow(path, notes);
  const from = notes.from.get(path);
  if (entry.type === 'directory' && notes.opaque.has(path)) {
    const hides = below !== undefined && (base === undefined || base.has(below));
    return [{ kind: hides ? 'replaced' : 'created', path, entry }];
  }
  if (notes.metacopy.has(path)) return [{ kind: 'attributes', path, from: from ?? below ?? path, entry }];
  if (from !== undefined) return [{ kind: 'moved', path, from, entry }];
  if (below === undefined) return [{ kind: 'created', path, entry }];
  if (base === undefined) return [{ kind: 'written', path, entry }];
  const old = base.get(below);
  if (old === undefined) return [{ kind: 'created', path, entry }];
  if (entry.type === 'directory' && old.type === 'directory' && sameOwner(entry, old)) return [];
  return [{ kind: 'changed', path, entry, base: old }];
}

function sameOwner(a: LayerEntry, b: LayerEntry): boolean {
  return a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;
}

/** Where the base has what a path of the union lies over; undefined inside a directory that hides the base's. */
export function placeBelow(path: string, notes: Notes): string | undefined {
  let below = '';
  let here = '';
  const names = path.split('/');
  for (const [depth, name] of names.entries()) {
    here = here === '' ? name : `${here}/${name}`;
    below = notes.from.get(here) ?? (below === '' ? name : `${below}/${name}`);
    if (depth < names.length - 1 && notes.opaque.has(here)) return undefined;
  }
  return below;
}
