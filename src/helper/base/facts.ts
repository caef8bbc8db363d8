/** What a new base means for an upper: one fact for each path that somebody has to know of. */
import { type BaseFact, type BaseFactKind, waitingKinds } from '../../shared/report.ts';
import { isDirectory } from '../mode.ts';
import type { BoardPort } from '../storage-port.ts';
import { absent, directoryMark, type Lower } from './lower.ts';
import { belowOf, type Entry, markOf, ownMark } from './upper.ts';

/** The marks that the base had when each entry was last known to fit it, by path; undefined where nobody noted it. */
export type Known = (path: string) => string | undefined;

/** Facts that wait until somebody says which version is wanted; the others tell what was done. */
export function isWaiting({ kind }: BaseFact): boolean {
  return waitingKinds.includes(kind);
}

/** The one fact of an entry, if it has one. Reads only. */
export function factOf(port: BoardPort, lower: Lower, entry: Entry, known: Known): BaseFact | undefined {
  if (lower.covered) return undefined;
  const below = belowOf(lower, entry);
  const fact = (kind: BaseFactKind, words = ''): BaseFact => ({ kind, path: entry.path, words });
  if (below === undefined) {
    if (entry.kind === 'whiteout') return fact('orphan');
    if (entry.metacopy) return fact('set-aside');
    return entry.from === undefined ? undefined : fact('detached');
  }
  if (entry.kind === 'directory' && entry.from !== undefined && !isDirectory(below.mode))
    return fact('detached');
  const before = known(entry.path);
  if (entry.kind === 'directory' && isDirectory(below.mode) && !entry.opaque) {
    return attributesFact(lower, entry, before, fact);
  }
  const now = markOf(lower, entry);
  if (before === now) return undefined;
  if (entry.metacopy) return fact('set-aside');
  if ((entry.kind === 'directory') !== isDirectory(below.mode) && entry.kind !== 'whiteout') {
    return fact('type', entry.kind === 'directory' ? 'directory-over-file' : 'file-over-directory');
  }
  if (ownMark(port, entry) === now) return undefined;
  if (before === undefined) return fact('unknown');
  if (entry.kind === 'directory') return fact('opaque');
  if (entry.kind === 'whiteout') return fact('deleted');
  return fact(before === absent ? 'new' : 'changed');
}

/** A directory that was copied up keeps its mode and owner whatever the base's become. */
function attributesFact(
  lower: Lower,
  { name, status }: Entry,
  before: string | undefined,
  fact: (kind: BaseFactKind, words: string) => BaseFact,
): BaseFact | undefined {
  const below = lower.look(name);
  if (below === undefined || status === undefined || lower.covers(name)) return undefined;
  const now = directoryMark(below);
  if (now === directoryMark(status) || now === before) return undefined;
  return fact('attributes', `base=${octal(below.mode & 0o7777)}:${below.uid}:${below.gid}`);
}

function octal(mode: number): string {
  let text = '';
  for (let left = mode; left > 0; left = left >> 3) text = `${left & 7}${text}`;
  return `0${text}`;
}

/** What to remember of an entry, so that the next base can be told from this one; undefined where nothing is worth it. */
export function markToKnow(lower: Lower, entry: Entry): string | undefined {
  if (lower.covered) return undefined;
  const below = belowOf(lower, entry);
  if (entry.kind !== 'directory') return below === undefined ? absent : markOf(lower, entry);
  if (below === undefined || entry.status === undefined) return undefined;
  if (entry.opaque || !isDirectory(below.mode)) return markOf(lower, entry);
  const mark = directoryMark(below);
  return mark === directoryMark(entry.status) ? undefined : mark;
}
