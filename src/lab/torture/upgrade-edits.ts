/**
 * What the load does to a merged root before the base below it is replaced, as values: chosen by chance, said as shell, and
 * what each leaves in the upper. Pure.
 */
import { bytesOf, type Piece, piece, write } from './operation.ts';
import type { Random } from './random.ts';
import {
  type Entry,
  factoryTree,
  filePaths,
  folderPaths,
  loadFolder,
  nested,
  nests,
  plainFile,
  type Tree,
} from './tree.ts';
import { ancestors, Editing, hasBelow, merged, type Upper } from './upper-model.ts';

/** `number` counts up over the whole load and stands in every content. */
export type Edit = { readonly number: number } & (
  | { readonly kind: 'write'; readonly path: string; readonly piece: Piece }
  | { readonly kind: 'mode'; readonly path: string; readonly mode: number }
  | { readonly kind: 'remove'; readonly path: string }
  | { readonly kind: 'make-folder'; readonly path: string }
  /** A file or folder is deleted, and a folder with a file in it made in its place: an opaque one, where the base has one. */
  | { readonly kind: 'replace-by-folder'; readonly path: string; readonly piece: Piece }
  | { readonly kind: 'replace-by-file'; readonly path: string; readonly piece: Piece }
  | { readonly kind: 'move'; readonly path: string; readonly to: string }
);

/** Files that the next image has no more, and files that it still has; one of each is deleted once and for all. */
const orphans: readonly string[] = ['d0/f2', 'd2/f2'];
const deleted: readonly string[] = ['d1/f2', 'd3/f2'];

/** Paths that are edited: files and folders that either image has, and some that none has. */
const paths: readonly string[] = [
  ...filePaths.filter((path) => ![...orphans, ...deleted].includes(path)),
  ...folderPaths.map((folder) => `${folder}/s`),
  ...nests.flatMap((nest) => [nest, `${nest}/m`, `${nest}/z`, ...nested.map((name) => `${nest}/${name}`)]),
];

const longest = 3000;

/** What the union of a board can do. */
export interface UnionKind {
  /**
   * It renames folders, and notes attributes apart from contents (redirect_dir, metacopy), or makes new folders opaque
   * (index): what that leaves behind depends on more than paths, so such boards are spared the first two.
   */
  readonly follows: boolean;
  /** The storage can exchange two names. JFFS2 cannot: there no folder of the base is deleted, and nothing of it moved. */
  readonly exchanges: boolean;
}

/** Edits of which some hide what the next image has, some are of what it has no more, and the rest is chance. */
export function chooseEdits(count: number, union: UnionKind, random: Random): readonly Edit[] {
  const edits: Edit[] = [];
  let upper: Upper = new Map();
  for (let number = 1; edits.length < count; number += 1) {
    const chance = random.of(number);
    const edit = certain[edits.length]?.(number, chance) ?? chooseEdit(number, upper, union, chance);
    if (edit === undefined || (!union.exchanges && needsExchange(upper, edit))) continue;
    edits.push(edit);
    upper = afterEdit(upper, edit, union);
  }
  return edits;
}

/** Folders of the base that have been copied up go, and come where they were, by an exchange of names. */
function needsExchange(upper: Upper, edit: Edit): boolean {
  const { path } = edit;
  const isFolder = merged(upper, factoryTree).get(path)?.kind === 'folder';
  const below = hasBelow(upper, factoryTree, path);
  switch (edit.kind) {
    case 'write':
    case 'mode':
      return false;
    case 'remove':
    case 'replace-by-file':
      return below && isFolder;
    case 'make-folder':
    case 'replace-by-folder':
      return below;
    case 'move':
      return below || (isFolder && upper.has(edit.to));
  }
}

/** Every session has these: orphans, a deletion that counts, and a version that is hidden. */
const certain: readonly ((number: number, random: Random) => Edit)[] = [
  (number, random) => ({ kind: 'remove', number, path: random.pick(orphans) }),
  (number, random) => ({ kind: 'remove', number, path: random.pick(deleted) }),
  (number, random) => ({ kind: 'remove', number, path: random.pick(['n2', 'n1/a', 'n3/a']) }),
  (number, random) => ({
    kind: 'write',
    number,
    path: random.pick(['d0/f0', 'd1/f0']),
    piece: piece(random, longest),
  }),
];

function chooseEdit(number: number, upper: Upper, { follows }: UnionKind, random: Random): Edit | undefined {
  const tree = merged(upper, factoryTree);
  const path = random.pick(paths);
  const there = tree.get(path);
  if (!ancestors(path).every((above) => tree.get(above)?.kind === 'folder')) return undefined;
  const chance = random.fraction();
  const content = piece(random, longest);
  if (there === undefined) {
    if (chance < 0.3) return { kind: 'make-folder', number, path };
    return { kind: 'write', number, path, piece: content };
  }
  if (chance < 0.25) return { kind: 'remove', number, path };
  if (chance < 0.4) return { kind: 'replace-by-folder', number, path, piece: content };
  if (chance < 0.55 && !follows) return move(number, path, tree, random);
  if (there.kind === 'folder')
    return chance < 0.65 ? { kind: 'replace-by-file', number, path, piece: content } : undefined;
  if (chance < 0.7 && !follows)
    return { kind: 'mode', number, path, mode: there.mode === 0o600 ? 0o640 : 0o600 };
  return { kind: 'write', number, path, piece: content };
}

function move(number: number, path: string, tree: Tree, random: Random): Edit | undefined {
  const free = paths.filter(
    (to) =>
      !tree.has(to) &&
      !to.startsWith(`${path}/`) &&
      ancestors(to).every((above) => tree.get(above)?.kind === 'folder'),
  );
  return free.length === 0 ? undefined : { kind: 'move', number, path, to: random.pick(free) };
}

/** What an edit makes of the upper. */
export function afterEdit(upper: Upper, edit: Edit, { follows }: UnionKind): Upper {
  const editing = new Editing(factoryTree, follows);
  const { path } = edit;
  switch (edit.kind) {
    case 'write':
      return editing.write(upper, path, { ...plainFile(contentOf(edit)), mode: modeAt(upper, path) });
    case 'mode':
      return editing.write(upper, path, { ...fileAt(upper, path), mode: edit.mode });
    case 'remove':
      return editing.remove(upper, path);
    case 'make-folder':
      return editing.makeFolder(upper, path);
    case 'replace-by-folder': {
      const made = editing.makeFolder(editing.remove(upper, path), path);
      return editing.write(made, `${path}/x`, plainFile(contentOf(edit)));
    }
    case 'replace-by-file':
      return editing.write(editing.remove(upper, path), path, plainFile(contentOf(edit)));
    case 'move':
      return editing.move(upper, path, edit.to);
  }
}

function contentOf({ number, piece: one }: { readonly number: number; readonly piece: Piece }): Uint8Array {
  return bytesOf(number, one);
}

/** Writing to a file leaves its mode. */
function modeAt(upper: Upper, path: string): number {
  const there = merged(upper, factoryTree).get(path);
  return there?.kind === 'file' ? there.mode : 0o644;
}

function fileAt(upper: Upper, path: string): Extract<Entry, { kind: 'file' }> {
  const entry = merged(upper, factoryTree).get(path);
  if (entry?.kind !== 'file') throw new RangeError(`the load wants a file at ${path}`);
  return entry;
}

/** The command that does it. It is not durable before a sync(2). */
export function editCommand(edit: Edit): string {
  return ['umask 022', `cd ${loadFolder}`, ...commands(edit)].join(' && ');
}

function commands(edit: Edit): readonly string[] {
  const { path } = edit;
  switch (edit.kind) {
    case 'write':
      return [`${write(edit.number, edit.piece)} >${path}`];
    case 'mode':
      return [`chmod ${edit.mode.toString(8)} ${path}`];
    case 'remove':
      return [`rm -r ${path}`];
    case 'make-folder':
      return [`mkdir ${path}`];
    case 'replace-by-folder':
      return [`rm -r ${path}`, `mkdir ${path}`, `${write(edit.number, edit.piece)} >${path}/x`];
    case 'replace-by-file':
      return [`rm -r ${path}`, `${write(edit.number, edit.piece)} >${path}`];
    case 'move':
      return [`mv ${path} ${edit.to}`];
  }
}
