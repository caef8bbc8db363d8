/**
 * What find is asked about every name in one walk: its kind, and whether it has one of the permission bits that are wanted.
 * Boards' find lacks -printf, so the answer is how often the name is printed.
 */
import type { UploadEntry } from './tree.ts';

export interface Sort {
  readonly kind: 'directory' | 'file' | 'symlink' | 'other';
  /** Permission bits; undefined for all that nobody wants. */
  readonly mode?: number;
}

const letters = { directory: 'd', file: 'f', symlink: 'l' } as const;

/** The commonest first, because its names are printed once; then the rest of every kind. */
export function sortsOf(entries: Iterable<UploadEntry>): readonly Sort[] {
  const count = new Map<string, { readonly sort: Sort; times: number }>();
  for (const entry of entries) {
    const sort: Sort =
      entry.kind === 'symlink' ? { kind: entry.kind } : { kind: entry.kind, mode: entry.mode };
    const key = `${sort.kind} ${sort.mode ?? ''}`;
    const known = count.get(key);
    if (known === undefined) count.set(key, { sort, times: 1 });
    else known.times++;
  }
  const wanted = [...count.values()].toSorted((a, b) => b.times - a.times).map(({ sort }) => sort);
  const rest = (['file', 'directory', 'symlink'] as const).map((kind): Sort => ({ kind }));
  return [...wanted, ...rest.filter(({ kind }) => !count.has(`${kind} `)), { kind: 'other' }];
}

/** find's expression for it, as shell text with $ovl_end for the action. */
export function expressionOf(sorts: readonly Sort[]): string {
  return sorts
    .map(({ kind, mode }, index) =>
      [
        ...(kind === 'other' ? [] : ['-type', letters[kind]]),
        ...(mode === undefined ? [] : ['-perm', mode.toString(8)]),
        // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the board's shell that expands it
        ...Array.from({ length: index + 1 }, () => '${ovl_end}'),
      ].join(' '),
    )
    .join(' -o ');
}
