/**
 * An upper as overlayfs makes it, for the checker: what an edit of the merged root leaves in it, and what it shows over a
 * base. Written from the kernel's documentation of overlayfs; it shares nothing with the code under test. Pure.
 */
import type { Entry, Tree } from './tree.ts';

export type UpperEntry =
  | Extract<Entry, { kind: 'file' }>
  | { readonly kind: 'whiteout' }
  /** One that is opaque hides what the base has there; one that is not is merged with it. */
  | { readonly kind: 'folder'; readonly opaque: boolean };

/** Entries by their path below the load's folder. */
export type Upper = ReadonlyMap<string, UpperEntry>;

/** What the union shows. */
export function merged(upper: Upper, base: Tree): Tree {
  const tree = new Map<string, Entry>();
  for (const [path, entry] of base) if (!upper.has(path) && isBelow(upper, path)) tree.set(path, entry);
  for (const [path, entry] of upper) if (entry.kind !== 'whiteout') tree.set(path, plain(entry));
  return tree;
}

function plain(entry: Exclude<UpperEntry, { kind: 'whiteout' }>): Entry {
  return entry.kind === 'file' ? entry : { kind: 'folder' };
}

/** Whether the upper lets through what a base has at the path, apart from its own entry there. */
export function isBelow(upper: Upper, path: string): boolean {
  return ancestors(path).every((above) => {
    const entry = upper.get(above);
    return entry === undefined || (entry.kind === 'folder' && !entry.opaque);
  });
}

/** Whether the base has something at the path that shows, or would without the upper's own entry there. */
export function hasBelow(upper: Upper, base: Tree, path: string): boolean {
  return base.has(path) && isBelow(upper, path);
}

function isOpaque(upper: Upper, path: string): boolean {
  const entry = upper.get(path);
  return entry?.kind === 'folder' && entry.opaque;
}

/** The folders that a path lies in, outermost first. */
export function ancestors(path: string): readonly string[] {
  const names = path.split('/');
  return names.slice(1).map((_, index) => names.slice(0, index + 1).join('/'));
}

/** Edits of a merged root with a base; each gives the upper after it. */
export class Editing {
  readonly #base: Tree;
  readonly #follows: boolean;

  /** @param follows whether the union does more than go by paths (index, metacopy, redirect_dir): new folders are opaque then */
  constructor(base: Tree, follows: boolean) {
    this.#base = base;
    this.#follows = follows;
  }

  /** A file is written, or another mode given to one: the upper has it whole. */
  write(upper: Upper, path: string, file: Extract<Entry, { kind: 'file' }>): Upper {
    return new Map([...this.#copiedUp(upper, path), [path, file]]);
  }

  /** A file, or a folder with all that is in it, is deleted: what the base has there needs a whiteout. */
  remove(upper: Upper, path: string): Upper {
    const left = new Map([...upper].filter(([one]) => one !== path && !one.startsWith(`${path}/`)));
    if (!hasBelow(upper, this.#base, path)) return left;
    return new Map([...this.#copiedUp(left, path), [path, { kind: 'whiteout' }]]);
  }

  /** A folder where nothing is. In place of a whiteout it has to be opaque, or what was deleted would be back. */
  makeFolder(upper: Upper, path: string): Upper {
    const opaque =
      upper.get(path)?.kind === 'whiteout' ||
      (this.#follows && this.#isMerged(upper, ancestors(path).at(-1)));
    return new Map([...this.#copiedUp(upper, path), [path, { kind: 'folder', opaque }]]);
  }

  /**
   * A file, or a folder, gets a path where nothing is. The kernel refuses to rename a folder that the base has too; mv then
   * copies it and deletes the old one.
   */
  move(upper: Upper, from: string, to: string): Upper {
    const what = merged(upper, this.#base).get(from);
    if (what === undefined) throw new RangeError(`nothing to move at ${from}`);
    if (what.kind === 'file') return this.remove(this.write(upper, to, what), from);
    const isPure = !hasBelow(upper, this.#base, from);
    const inside = [...merged(upper, this.#base)].filter(([path]) => path.startsWith(`${from}/`));
    let next = this.makeFolder(upper, to);
    for (const [path, entry] of inside) {
      const place = `${to}${path.slice(from.length)}`;
      next = entry.kind === 'file' ? this.write(next, place, entry) : this.makeFolder(next, place);
    }
    if (isPure) next = new Map(next).set(to, { kind: 'folder', opaque: this.#isOpaqueAt(upper, from, to) });
    return this.remove(next, from);
  }

  /** What only the upper has is renamed in one piece, and becomes opaque in a folder that is merged. */
  #isOpaqueAt(upper: Upper, from: string, to: string): boolean {
    return isOpaque(upper, from) || this.#isMerged(upper, ancestors(to).at(-1));
  }

  #isMerged(upper: Upper, folder: string | undefined): boolean {
    return folder === undefined || (hasBelow(upper, this.#base, folder) && !isOpaque(upper, folder));
  }

  /** The folders on the way are copied up. */
  #copiedUp(upper: Upper, path: string): Upper {
    const missing = ancestors(path).filter((above) => !upper.has(above));
    return new Map([
      ...upper,
      ...missing.map((above) => [above, { kind: 'folder', opaque: false }] as const),
    ]);
  }
}
