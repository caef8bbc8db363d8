/**
 * What a folder on a board is to have. In: entries of a bundle or a layer. Out: the same, checked and in order, with the
 * folders that stand between.
 */

/** Bytes of a file: all of them, or a source that can be read more than once. */
export type Content = Uint8Array | (() => AsyncIterable<Uint8Array>);

export type UploadEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | {
      readonly kind: 'file';
      /** Relative, parts between "/", no part "." or "..". */
      readonly path: string;
      /** Permission bits. */
      readonly mode: number;
      readonly size: number;
      /** In hex. */
      readonly sha256: string;
      readonly content: Content;
    }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string };

export type FileEntry = Extract<UploadEntry, { kind: 'file' }>;

const usualMode = 0o755;

/**
 * All entries by path, folders before what is in them; folders that nobody names are made, with mode 0755.
 * @throws RangeError for a path that leads out of the folder, is there twice, or cannot be on any file system
 */
export function uploadTree(entries: readonly UploadEntry[]): ReadonlyMap<string, UploadEntry> {
  const tree = trees.get(entries) ?? ordered(entries);
  trees.set(entries, tree);
  return tree;
}

/** Many boards get the same entries, and what is made of a tree (its digest, its stamp) is kept by the tree. */
const trees = new WeakMap<readonly UploadEntry[], ReadonlyMap<string, UploadEntry>>();

function ordered(entries: readonly UploadEntry[]): ReadonlyMap<string, UploadEntry> {
  const all = new Map<string, UploadEntry>();
  for (const entry of entries) {
    if (!isInside(entry.path))
      throw new RangeError(`not a path inside a folder: ${JSON.stringify(entry.path)}`);
    if (entry.kind === 'symlink' && (entry.target === '' || entry.target.includes('\0')))
      throw new RangeError(`not a target of a symbolic link: ${JSON.stringify(entry.target)}`);
    if (all.has(entry.path)) throw new RangeError(`twice: ${JSON.stringify(entry.path)}`);
    all.set(entry.path, entry);
  }
  for (const { path } of entries) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const folder = path.slice(0, at);
      const there = all.get(folder);
      if (there === undefined) all.set(folder, { kind: 'directory', path: folder, mode: usualMode });
      else if (there.kind !== 'directory') throw new RangeError(`no folder: ${JSON.stringify(folder)}`);
    }
  }
  return new Map([...all].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function isInside(path: string): boolean {
  return (
    !path.includes('\0') && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  );
}
