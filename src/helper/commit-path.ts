/**
 * One path of an upper laid over another upper: what a union of the two, one above the other, would show there. Deletions
 * are laid over too, directories above get owner and mode of the originals.
 */
import { type Clear, copyEntry, copyTree, type Entry, type Lack, noLacks } from './copy-tree.ts';
import { opaque } from './lowers.ts';
import { isDirectory } from './mode.ts';
import { remove } from './remove.ts';
import { findChange } from './reset-paths.ts';
import type { BoardPort } from './storage-port.ts';
import { oneLine, Refused } from './trouble.ts';

/**
 * Lays it over.
 * @param from descriptor of the upper that has the change
 * @param path names on the way; none for everything
 * @param to descriptor of the upper that gets it
 * @param links see copyTree
 * @throws Refused where nothing is changed at the path, or it cannot stand on its own
 */
export function commitPath(
  port: BoardPort,
  from: number,
  path: readonly string[],
  to: number,
  links: number,
): readonly Lack[] {
  const clear: Clear = (entry, target) => makeWay(port, entry, target);
  if (path.length === 0) return copyTree(port, from, to, links, clear);
  const { directory, name, status } = findChange(port, from, path, 'commit');
  if (status === undefined) throw new Refused(`nothing is changed at /${oneLine(path.join('/'))}`);
  const entry: Entry = { directory, name, status };
  const target = makeParents(port, from, path.slice(0, -1), to);
  try {
    return copyOne(port, entry, target, links, clear, path.join('/'));
  } finally {
    port.close(directory);
    port.close(target);
  }
}

function copyOne(
  port: BoardPort,
  entry: Entry,
  target: number,
  links: number,
  clear: Clear,
  path: string,
): readonly Lack[] {
  const { directory, name, status } = entry;
  if (!isDirectory(status.mode)) {
    const lacks = noLacks();
    copyEntry(port, entry, target, { links, clear, lacks }, path);
    return lacks.filter(({ count }) => count > 0);
  }
  clear(entry, target);
  port.makeDirectoryIn(target, name, 0o700);
  const source = port.openIn(directory, name);
  const into = port.openIn(target, name);
  try {
    return copyTree(port, source, into, links, clear);
  } finally {
    port.close(source);
    port.close(into);
  }
}

/** The directories down to a path, with owner, mode and attributes; the last one stays open. */
function makeParents(port: BoardPort, from: number, path: readonly string[], to: number): number {
  let source = port.openIn(from, '.');
  let target = port.openIn(to, '.');
  for (const name of path) {
    const status = port.statIn(source, name);
    if (status === undefined) throw new Refused(`/${oneLine(path.join('/'))} went away meanwhile`);
    makeWay(port, { directory: source, name, status }, target);
    port.makeDirectoryIn(target, name, 0o700);
    source = inside(port, source, name);
    target = inside(port, target, name);
    port.copyAttributes(source, target);
  }
  port.close(source);
  return target;
}

function inside(port: BoardPort, directory: number, name: string): number {
  const next = port.openIn(directory, name);
  port.close(directory);
  return next;
}

/** Takes away what an entry replaces. A directory that is merged with what lies below is merged here too. */
function makeWay(port: BoardPort, { directory, name, status }: Entry, target: number): void {
  refuseReferences(port, directory, name);
  const there = port.statIn(target, name);
  if (there === undefined) return;
  const merges =
    isDirectory(status.mode) && isDirectory(there.mode) && port.attributeIn(directory, name, opaque) !== 'y';
  if (merges) return;
  const { count, lines } = remove(port, target, name, oneLine(name));
  if (count > 0) throw new Error(lines[0] ?? `cannot replace ${oneLine(name)}`);
}

/** Both say where in the layers below the rest is; another upper has other layers below. */
const references = ['trusted.overlay.redirect', 'trusted.overlay.metacopy'];

function refuseReferences(port: BoardPort, directory: number, name: string): void {
  const found = references.find((one) => port.attributeIn(directory, name, one) !== undefined);
  if (found !== undefined)
    throw new Refused(
      `${oneLine(name)} has ${found}: it is only a reference to a layer below, and cannot be committed`,
    );
}
