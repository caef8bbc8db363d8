/**
 * RootFile: one entry of a root's tree, as data: what it is, its owner, its mode. A root is a list of them, so a test can
 * add, replace or take away entries without being root and without a directory that holds device nodes.
 *
 * In: nothing. Out: the value, and `rootTree`, which puts lists of them into one consistent, sorted tree.
 */
interface Entry {
  /** Absolute path inside the root. */
  readonly path: string;
  /** Permission bits including setuid, setgid and sticky, such as 0o4755. */
  readonly mode: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Extended attributes by full name, such as "user.origin". cramfs has none and drops them. */
  readonly xattrs?: Readonly<Record<string, Uint8Array>>;
}

export type RootFile =
  | (Entry & { readonly kind: 'directory' })
  | (Entry & { readonly kind: 'file'; readonly content: string | Uint8Array })
  | (Entry & { readonly kind: 'device'; readonly type: 'char' | 'block'; readonly number: DeviceNumber })
  | (Entry & { readonly kind: 'fifo' })
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  /** A second name for the file at `target`, an absolute path inside the root. */
  | { readonly kind: 'hard-link'; readonly path: string; readonly target: string };

export type DeviceNumber = readonly [major: number, minor: number];

export function directory(path: string, mode = 0o755): RootFile {
  return { kind: 'directory', path, mode };
}

export function file(path: string, content: string | Uint8Array, mode = 0o644): RootFile {
  return { kind: 'file', path, content, mode };
}

export function symlink(path: string, target: string): RootFile {
  return { kind: 'symlink', path, target };
}

export function charDevice(path: string, number: DeviceNumber, mode = 0o600): RootFile {
  return { kind: 'device', path, type: 'char', number, mode };
}

/**
 * One tree out of several lists: a later entry replaces an earlier one of the same path, missing parent directories are
 * added, and every parent stands before its children.
 *
 * @throws RangeError on a path that is not absolute or holds `..`: the lists are written by us, so that is a bug
 */
export function rootTree(...lists: readonly (readonly RootFile[])[]): readonly RootFile[] {
  const tree = new Map<string, RootFile>();
  for (const entry of lists.flat()) {
    const names = namesOf(entry.path);
    for (const parent of parentsOf(names)) {
      if (!tree.has(parent)) tree.set(parent, directory(parent));
    }
    tree.set(`/${names.join('/')}`, entry);
  }
  tree.delete('/');
  return [...tree.values()].toSorted((a, b) => byteOrder(a.path, b.path));
}

function namesOf(path: string): readonly string[] {
  const names = path.split('/').filter((name) => name !== '');
  if (!path.startsWith('/') || names.includes('..') || names.includes('.')) {
    throw new RangeError(`not an absolute path inside a root: ${JSON.stringify(path)}`);
  }
  return names;
}

function parentsOf(names: readonly string[]): readonly string[] {
  return names.slice(0, -1).map((_, index) => `/${names.slice(0, index + 1).join('/')}`);
}

/** The order of the bytes, which no locale changes. */
function byteOrder(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
