/** Makes a cramfs image out of a list of files: owners, modes and device nodes are data here, so nobody has to be root. */
import { type DirectoryNode, type ImageNode, toByteString } from '../tree.ts';
import { type ByteOrder, newHeader } from './superblock.ts';
import { layOut } from './write.ts';

interface EntryCommon {
  /** Relative to the root of the image, without a leading slash; empty for the root itself. */
  readonly path: string;
  /** Permission bits (07777). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

export type CramfsEntry = EntryCommon &
  (
    | { readonly kind: 'file'; readonly content: Uint8Array }
    | { readonly kind: 'directory' }
    | { readonly kind: 'symlink'; readonly target: string }
    | { readonly kind: 'block-device' | 'char-device'; readonly major: number; readonly minor: number }
    | { readonly kind: 'fifo' | 'socket' }
  );

export interface CramfsOptions {
  /** Of the board's processor; `little` where it is not given. */
  readonly byteOrder?: ByteOrder;
  /** Volume name, at most 16 bytes. */
  readonly name?: string;
  readonly edition?: number;
}

/**
 * Writes a cramfs image. Directories that lead to an entry and are not in the list belong to root, mode 0755.
 * @throws Failure OVL361 with everything that cramfs cannot hold
 */
export function writeCramfs(entries: readonly CramfsEntry[], options: CramfsOptions = {}): Uint8Array {
  const tree = buildTree(entries);
  return layOut(tree, {
    ...newHeader,
    byteOrder: options.byteOrder ?? 'little',
    edition: options.edition ?? 0,
    name: options.name ?? 'Compressed',
  });
}

/** Shorter paths first, so that a directory is there before what is in it, in whatever order they come. */
function buildTree(entries: readonly CramfsEntry[]): DirectoryNode {
  const depth = (entry: CramfsEntry): number => namesOf(entry.path).length;
  const sorted = entries.toSorted((a, b) => depth(a) - depth(b));
  const first = sorted[0];
  const given = first !== undefined && depth(first) === 0 ? nodeOf(first) : undefined;
  if (given !== undefined && given.kind !== 'directory')
    throw new Error('the root of an image is a directory');
  const root = given ?? newDirectory();
  for (const entry of given === undefined ? sorted : sorted.slice(1)) {
    const names = namesOf(entry.path);
    const name = names.pop() ?? '';
    const directory = names.reduce(enter, root);
    if (directory.children.has(name)) throw new Error(`"${entry.path}" stands twice in the list`);
    directory.children.set(name, nodeOf(entry));
  }
  return root;
}

function namesOf(path: string): string[] {
  const names = path === '' ? [] : toByteString(path).split('/');
  if (names.some((name) => name === '' || name === '.' || name === '..' || name.includes('\0'))) {
    throw new Error(`"${path}" is no path of an image`);
  }
  return names;
}

function enter(directory: DirectoryNode, name: string): DirectoryNode {
  const child = directory.children.get(name) ?? newDirectory();
  if (child.kind !== 'directory') throw new Error(`"${name}" is a ${child.kind} and has files in it`);
  directory.children.set(name, child);
  return child;
}

function newDirectory(): DirectoryNode {
  return { kind: 'directory', mode: 0o755, uid: 0, gid: 0, mtime: 0, children: new Map() };
}

function nodeOf(entry: CramfsEntry): ImageNode {
  const owned = { mode: entry.mode & 0o7777, uid: entry.uid, gid: entry.gid, mtime: 0 };
  switch (entry.kind) {
    case 'directory':
      return { kind: entry.kind, ...owned, children: new Map() };
    case 'file':
      return { kind: entry.kind, ...owned, size: entry.content.length, content: entry.content };
    case 'symlink':
      return { kind: entry.kind, ...owned, target: toByteString(entry.target) };
    case 'block-device':
    case 'char-device':
      return { kind: entry.kind, ...owned, major: entry.major, minor: entry.minor };
    case 'fifo':
    case 'socket':
      return { kind: entry.kind, ...owned };
  }
}
