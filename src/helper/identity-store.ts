/**
 * The store of a board's identity: overlaykit/identity/N/root/PATH, of which the highest N with a file "whole" counts
 * (docs/decisions/0009). A change makes a new version beside the old one; nothing that counts is ever renamed or written to.
 */
import { generationNumber } from './boot-status.ts';
import { copyTree } from './copy-tree.ts';
import { isDirectory, isWhiteout } from './mode.ts';
import { isKernelError } from './port.ts';
import { remove } from './remove.ts';
import { sorted } from './sorted.ts';
import type { Storage } from './storage.ts';
import type { BoardPort, FileStatus } from './storage-port.ts';
import { attempt, oneLine } from './trouble.ts';

const folder = 'identity';
const making = 'making';
const whole = 'whole';

export interface Version {
  /** 0 where there is none yet. */
  readonly number: number;
  /** Descriptor of the tree; undefined where there is none. */
  readonly root: number | undefined;
}

/** Something at a path of a tree, without a symbolic link on the way to it. */
export interface Found {
  /** Descriptor of the directory that it lies in. */
  readonly directory: number;
  readonly name: string;
  readonly status: FileStatus;
}

/** A path that a new version has, and the tree that it is taken from. */
export interface Source {
  readonly path: readonly string[];
  /** Descriptor. */
  readonly tree: number;
}

/** The newest version that is whole. */
export function newestVersion(port: BoardPort, { notes }: Storage): Version {
  if (port.statIn(notes, folder) === undefined) return { number: 0, root: undefined };
  const store = port.openIn(notes, folder);
  const numbers = namesIn(port, store)
    .map(generationNumber)
    .filter((number): number is number => number !== undefined);
  for (const number of sorted(numbers, (a, b) => b - a)) {
    const root = wholeRoot(port, store, String(number));
    if (root !== undefined) return { number, root };
  }
  return { number: 0, root: undefined };
}

function wholeRoot(port: BoardPort, store: number, name: string): number | undefined {
  try {
    const version = port.openIn(store, name);
    return port.statIn(version, whole) === undefined ? undefined : port.openIn(version, 'root');
  } catch (error) {
    // A link or a file of that name is no version.
    if (isKernelError(error)) return undefined;
    throw error;
  }
}

function namesIn(port: BoardPort, directory: number): readonly string[] {
  const again = port.openIn(directory, '.');
  const all: string[] = [];
  for (let names = port.entries(again); names.length > 0; names = port.entries(again)) all.push(...names);
  port.close(again);
  return all;
}

/** What a tree has at a path; undefined for nothing, for a whiteout, and for what is reached through a link only. */
export function findIn(port: BoardPort, tree: number, path: readonly string[]): Found | undefined {
  let directory = port.openIn(tree, '.');
  for (const [depth, name] of path.entries()) {
    const status = port.statIn(directory, name);
    if (status === undefined || isWhiteout(status.mode, status.rdev)) return undefined;
    if (depth === path.length - 1) return { directory, name, status };
    if (!isDirectory(status.mode)) return undefined;
    const next = port.openIn(directory, name);
    port.close(directory);
    directory = next;
  }
  return undefined;
}

/** Deeper trees are never the same: no identity is that deep, and the storage may be hostile. */
const maxDepth = 32;

/** Whether two trees have the same at a path: names, owners, modes, attributes, contents. */
export function isSame(port: BoardPort, one: Found, other: Found, depth = 0): boolean {
  if (!isDirectory(one.status.mode))
    return port.equalIn(one.directory, one.name, other.directory, other.name);
  if (depth === maxDepth || one.status.mode !== other.status.mode) return false;
  const here = port.openIn(one.directory, one.name);
  const there = port.openIn(other.directory, other.name);
  try {
    const names = namesIn(port, here);
    return (
      names.length === namesIn(port, there).length &&
      names.every((name) => {
        const [left, right] = [findIn(port, here, [name]), findIn(port, there, [name])];
        return left !== undefined && right !== undefined && isSame(port, left, right, depth + 1);
      })
    );
  } finally {
    port.close(here);
    port.close(there);
  }
}

/**
 * Makes a new version of these paths, durable when it returns, and then deletes the others.
 * @throws Error where something could not be copied; the version before counts then
 */
export function makeVersion(
  port: BoardPort,
  { notes }: Storage,
  before: number,
  sources: readonly Source[],
): void {
  port.makeDirectoryIn(notes, folder, 0o700);
  const store = port.openIn(notes, folder);
  const name = String(before + 1);
  for (const left of [making, name]) clear(port, store, left);
  port.makeDirectoryIn(store, making, 0o700);
  const version = port.openIn(store, making);
  for (const part of ['root', 'links']) port.makeDirectoryIn(version, part, 0o700);
  const [root, links] = [port.openIn(version, 'root'), port.openIn(version, 'links')];
  for (const source of sources)
    attempt(`cannot store /${oneLine(source.path.join('/'))}`, () => carry(port, source, root, links));
  clear(port, version, 'links');
  port.syncFileSystem(store);
  port.renameIn(store, making, store, name);
  port.syncFileSystem(store);
  port.writeIn(version, whole, '\n');
  port.syncDirectory(version);
  port.syncFileSystem(store);
  const id = port.statIn(store, name)?.id;
  for (const other of namesIn(port, store))
    if (other !== name && port.statIn(store, other)?.id !== id) clear(port, store, other);
}

function clear(port: BoardPort, directory: number, name: string): void {
  if (port.statIn(directory, name) === undefined) return;
  const { count, lines } = remove(port, directory, name, oneLine(name));
  if (count > 0) throw new Error(lines[0] ?? `cannot delete ${oneLine(name)}`);
}

/** Copies what the source has into the new tree, with the directories above it as they are in the source. */
function carry(port: BoardPort, { path, tree }: Source, root: number, links: number): void {
  let [from, to] = [port.openIn(tree, '.'), port.openIn(root, '.')];
  for (const name of path.slice(0, -1)) {
    const made = port.makeDirectoryIn(to, name, 0o755);
    [from, to] = [port.openIn(from, name), port.openIn(to, name)];
    if (made) port.copyAttributes(from, to);
  }
  const name = path[path.length - 1] ?? '';
  const status = port.statIn(from, name);
  if (status === undefined || !isDirectory(status.mode)) {
    port.copyIn(from, name, to, name);
    return;
  }
  port.makeDirectoryIn(to, name, 0o700);
  copyTree(port, port.openIn(from, name), port.openIn(to, name), links);
}
