/** Trees for the storage that exists in memory: written down by tests, grown to nodes that can be changed, and shown again. */
import type { FileStatus } from '../../src/helper/storage-port.ts';

/** A directory is a record, a file its content, anything else its mode and device. */
export type Tree = { readonly [name: string]: Entry };
export type Entry = string | Tree | Special;
/** Anything with a mode of its own. Attributes are those that overlayfs writes. */
export interface Special {
  readonly mode: number;
  readonly rdev?: number;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly content?: string;
  readonly entries?: Tree;
}

export interface Node {
  readonly id: number;
  mode: number;
  content: string;
  /** Its content on the storage; undefined where none of it is. */
  synced: string | undefined;
  rdev: number;
  readonly uid: number;
  readonly gid: number;
  readonly attributes: Map<string, string>;
  entries: Map<string, Node> | undefined;
}

/** What of the calls before a power cut is on the storage. */
export type Survivors = 'issued' | 'synced' | 'names';

let nextId = 1;

export function newNode(mode: number, content: string, entries: Map<string, Node> | undefined): Node {
  return {
    id: nextId++,
    mode,
    content,
    synced: undefined,
    rdev: 0,
    uid: 0,
    gid: 0,
    attributes: new Map(),
    entries,
  };
}

/** Nodes of a tree that a test has written down. */
export function grow(entry: Entry): Node {
  if (typeof entry === 'string') return newNode(0o100644, entry, undefined);
  if (isSpecial(entry)) {
    const children = entry.entries === undefined ? undefined : grow(entry.entries).entries;
    const node = newNode(entry.mode, entry.content ?? '', children);
    node.rdev = entry.rdev ?? 0;
    for (const [name, value] of Object.entries(entry.attributes ?? {})) node.attributes.set(name, value);
    return node;
  }
  const children = Object.entries(entry as Tree).map(([name, child]): [string, Node] => [name, grow(child)]);
  return newNode(0o040755, '', new Map(children));
}

function isSpecial(entry: Tree | Special): entry is Special {
  return typeof entry.mode === 'number';
}

/** A tree with a file's content replaced, where the tree has that file. */
export function overwritten(tree: Tree, path: readonly string[], name: string, content: string): Tree {
  const [first, ...rest] = path;
  const key = first ?? name;
  const found = tree[key];
  if (found === undefined) return tree;
  const inner = first === undefined ? content : overwritten(found as Tree, rest, name, content);
  return { ...tree, [key]: inner };
}

/** Everything in a node is on the storage. */
export function settle(node: Node): void {
  node.synced = node.content;
  for (const child of node.entries?.values() ?? []) settle(child);
}

/** What a test compares: the tree of a node. */
export function shown({ mode, content, synced, rdev, attributes, entries }: Node, which: Survivors): Entry {
  const text = which === 'names' ? (synced ?? '') : content;
  const children =
    entries === undefined
      ? undefined
      : Object.fromEntries([...entries].map(([name, node]): [string, Entry] => [name, shown(node, which)]));
  if (attributes.size > 0)
    return {
      mode,
      attributes: Object.fromEntries(attributes),
      ...(children === undefined ? { content: text } : { entries: children }),
    };
  if (children !== undefined) return children;
  return (mode & 0o170000) === 0o100000 ? text : { mode, rdev };
}

/** The way from a root down to a directory; undefined where it is not in that tree. */
export function pathTo(
  root: Node,
  node: Node,
): readonly { readonly parent: Node; readonly name: string }[] | undefined {
  if (root === node) return [];
  for (const [name, child] of root.entries ?? []) {
    const rest = pathTo(child, node);
    if (rest !== undefined) return [{ parent: root, name }, ...rest];
  }
  return undefined;
}

/** How many names a node has. */
export function linksOf(root: Node, node: Node): number {
  const children = [...(root.entries?.values() ?? [])];
  return children.reduce((sum, child) => sum + (child === node ? 1 : 0) + linksOf(child, node), 0);
}

/** Gives a generation a second name. */
export function addName(root: Node, name: string, second: string): void {
  const generations = root.entries?.get('generations')?.entries;
  const node = generations?.get(name);
  if (node !== undefined) generations?.set(second, node);
}

/** Whether both are files of one mode and content. */
export function equals(one: Node | undefined, other: Node | undefined): boolean {
  return one?.entries === undefined && one?.mode === other?.mode && one?.content === other?.content;
}

/** What the helper's statIn says of a node. */
export function statusOf(root: Node, node: Node): FileStatus {
  const { mode, uid, gid, content, id, rdev } = node;
  const links = linksOf(root, node);
  return { mode, uid, gid, size: content.length, allocated: 512, links, id: `1:${id}`, changed: '0', rdev };
}

/** A copy of anything but a directory, without its attributes. */
export function copyOf({ mode, content, rdev }: Node): Node {
  const copy = newNode(mode, content, undefined);
  copy.rdev = rdev;
  return copy;
}
