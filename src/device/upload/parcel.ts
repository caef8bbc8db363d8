/** What is sent to a board, from what is wanted and what it has. Pure. */
import { archiveSize } from './archive.ts';
import { difference } from './difference.ts';
import type { Inventory } from './inventory.ts';
import { expressionOf, type Sort } from './sorts.ts';
import type { UploadEntry } from './tree.ts';

/** What is sent, and onto what. */
export interface Parcel {
  readonly entries: readonly UploadEntry[];
  /** Whether what is there is linked first, without what is replaced. */
  readonly reuse: boolean;
  readonly replaced: readonly string[];
  /** What find is asked. */
  readonly expression: string;
  readonly bytes: number;
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
  const entries = reuse ? wanting : [...tree.values()];
  return {
    entries,
    reuse,
    replaced: reuse ? replaced : [],
    expression: expressionOf(sorts),
    bytes: archiveSize(entries),
    hasTar: before.programs.has('tar'),
  };
}

/** Paths where the board has other than what was sent. */
export async function differing(
  tree: ReadonlyMap<string, UploadEntry>,
  { entries }: Parcel,
  after: Inventory,
): Promise<readonly string[]> {
  const sent = new Set(entries);
  const kept = new Set([...tree.values()].filter((entry) => !sent.has(entry)));
  const wrong = await difference(tree, after, { strong: false, kept });
  return [...wrong.wanting.map(({ path }) => path), ...wrong.surplus];
}
