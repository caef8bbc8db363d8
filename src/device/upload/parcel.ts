/** What is sent to a board, from what is wanted and what it has. Pure. */
import { archiveSize } from './archive.ts';
import { difference } from './difference.ts';
import type { Inventory } from './inventory.ts';
import type { Preparation } from './script-parts.ts';
import { expressionOf, type Sort } from './sorts.ts';
import type { UploadEntry } from './tree.ts';

/** What is sent, and onto what. */
export interface Parcel extends Preparation {
  readonly entries: readonly UploadEntry[];
  /** What find is asked. */
  readonly expression: string;
  /** Of the archive. */
  readonly bytes: number;
  /** The archive as gzip makes it, where that is what is sent. */
  readonly packed?: Uint8Array;
  readonly hasTar: boolean;
}

/** More than this is sent afresh: names of what is to be replaced go to the board as words of a script. */
const mostReplaced = 2_000;

/** undefined where the board has all of it, and nothing else. */
export async function parcelOf(
  tree: ReadonlyMap<string, UploadEntry>,
  before: Inventory,
  sorts: readonly Sort[],
): Promise<Parcel | undefined> {
  const { wanting, surplus } = await difference(tree, before, { strong: true });
  if (before.there && wanting.length === 0 && surplus.length === 0) return undefined;
  // Folders that only want other permission bits stay; files are links to the old ones and must not be written into.
  const replaced = [
    ...surplus,
    ...wanting
      .filter(({ path, kind }) => kind !== 'directory' && before.found.get(path)?.kind === kind)
      .map(({ path }) => path),
  ];
  const reuse =
    before.there &&
    before.programs.has('cp') &&
    wanting.length < tree.size &&
    replaced.length <= mostReplaced;
  const preparation: Preparation = reuse
    ? { way: 'reuse', replaced, copies: [] }
    : { way: 'fresh', replaced: [], copies: [] };
  return parcelFor(reuse ? wanting : [...tree.values()], preparation, before, sorts);
}

export function parcelFor(
  entries: readonly UploadEntry[],
  preparation: Preparation,
  before: Pick<Inventory, 'programs'>,
  sorts: readonly Sort[],
): Parcel {
  const hasTar = before.programs.has('tar');
  return {
    ...preparation,
    entries,
    expression: expressionOf(sorts),
    bytes: archiveSize(entries),
    hasTar,
  };
}

/** Bytes that go over the wire: of the archive, or of the files by themselves. */
export function sentBytes({ hasTar, packed, bytes, entries }: Parcel): number {
  if (hasTar) return packed?.length ?? bytes;
  return entries.reduce((sum, entry) => sum + (entry.kind === 'file' ? entry.size : 0), 0);
}

/** Paths where the board has other than what was sent. */
export async function differing(
  tree: ReadonlyMap<string, UploadEntry>,
  { entries, way }: Parcel,
  after: Inventory,
): Promise<readonly string[]> {
  const sent = new Set(entries);
  // A link is the file that was read before; a copy is another, and is read like what arrived.
  const kept = new Set(way === 'reuse' ? [...tree.values()].filter((entry) => !sent.has(entry)) : []);
  const wrong = await difference(tree, after, { strong: false, kept });
  return [...wrong.wanting.map(({ path }) => path), ...wrong.surplus];
}
