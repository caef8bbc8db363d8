/** What a board's folder has, against what it is to have. */
import { type DigestProgram, digestOf } from './digest.ts';
import type { Found, Inventory } from './inventory.ts';
import type { UploadEntry } from './tree.ts';

export interface Difference {
  /** Entries that are not there, or otherwise. */
  readonly wanting: readonly UploadEntry[];
  /** Paths that are there and must not be, or must give way to another kind of thing; those inside another are left out. */
  readonly surplus: readonly string[];
}

/**
 * @param strong whether a file of the right length alone will not do
 * @param kept entries that are links to files whose digests are known: none is needed again
 */
export async function difference(
  tree: ReadonlyMap<string, UploadEntry>,
  { found, digest }: Pick<Inventory, 'found' | 'digest'>,
  { strong, kept }: { readonly strong: boolean; readonly kept?: ReadonlySet<UploadEntry> },
): Promise<Difference> {
  const believed = strong && digest === 'wc -c' ? undefined : digest;
  const wanting: UploadEntry[] = [];
  const surplus: string[] = [];
  for (const entry of tree.values()) {
    const same = isSame(entry, found.get(entry.path), believed, kept?.has(entry) === true);
    // A thousand promises for digests that are known already cost more than the comparing.
    if (!(typeof same === 'boolean' ? same : await same)) wanting.push(entry);
  }
  for (const [path, { kind }] of found) if (tree.get(path)?.kind !== kind) surplus.push(path);
  return { wanting, surplus: outermost(surplus) };
}

function isSame(
  entry: UploadEntry,
  found: Found | undefined,
  digest: DigestProgram | undefined,
  isKept: boolean,
): boolean | Promise<boolean> {
  if (found?.kind !== entry.kind) return false;
  if (entry.kind === 'symlink') return found.target === entry.target;
  if (found.mode !== entry.mode) return false;
  if (entry.kind === 'directory' || (isKept && found.digest === undefined)) return true;
  if (digest === undefined) return false;
  if (digest === 'sha256sum') return found.digest === entry.sha256;
  return digestOf(entry, digest).then((ours) => found.digest === ours);
}

function outermost(paths: readonly string[]): readonly string[] {
  const all = new Set(paths);
  return paths.filter((path) => {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      if (all.has(path.slice(0, at))) return false;
    return true;
  });
}
