/** What mini_fo notes in its storage: a file in any directory, with a line for each of the directory's names that needs one. */
import type { LayerEntry } from './entry.ts';
import type { Notes } from './read-upper.ts';

const metaName = 'META_dAfFgHE39ktF3HD2sr';

export function isMetaFile(path: string): boolean {
  return path === metaName || path.endsWith(`/${metaName}`);
}

export function miniFoNotes(entries: readonly LayerEntry[]): Notes {
  const there = new Map(entries.map((entry) => [entry.path, entry]));
  const deleted = new Set<string>();
  const opaque = new Set<string>();
  const from = new Map<string, string>();
  for (const { path, type, content } of entries) {
    if (type !== 'file' || !isMetaFile(path)) continue;
    const folder = path.slice(0, -metaName.length);
    // A line without its end is one that a power cut has torn.
    for (const line of (content ?? '').split('\n').slice(0, -1)) {
      const parsed = parseLine(line);
      if (parsed === undefined) continue;
      const named = `${folder}${parsed.name}`;
      const entry = there.get(named);
      if (parsed.from !== undefined) from.set(named, parsed.from);
      else if (entry === undefined) deleted.add(named);
      else if (entry.type === 'directory') opaque.add(named);
    }
  }
  return { deleted, opaque, from, metacopy: new Set() };
}

/** "D name" or "R /old/path name": the old path ends at the first blank, names may have some. */
function parseLine(line: string): { readonly name: string; readonly from?: string } | undefined {
  const deletion = /^D (.+)$/s.exec(line);
  if (deletion?.[1] !== undefined && !deletion[1].includes('/')) return { name: deletion[1] };
  const renaming = /^R \/([^ ]+) (.+)$/s.exec(line);
  if (renaming?.[1] === undefined || renaming[2] === undefined || renaming[2].includes('/')) return undefined;
  return { name: renaming[2], from: renaming[1] };
}
