/**
 * Operations: what the load does to the tree, as values: chosen by chance, said as shell, and what may be seen of them
 * before, during and after. Pure.
 */
import type { Random } from './random.ts';
import {
  type Entry,
  filePaths,
  folderPaths,
  loadFolder,
  noise,
  noisePath,
  plainFile,
  type Tree,
} from './tree.ts';

/** What an operation is made durable with: fsync of what it has changed, or sync(2). */
type Durable = 'fsync' | 'sync';

/** `number` counts up over the whole load and stands in every content: equal numbers, equal bytes. */
interface Numbered {
  readonly number: number;
}

export type Operation = Numbered &
  (
    | { readonly kind: 'replace'; readonly path: string; readonly piece: Piece; readonly durable: Durable }
    | { readonly kind: 'append'; readonly path: string; readonly piece: Piece; readonly durable: Durable }
    | { readonly kind: 'remove'; readonly path: string; readonly durable: Durable }
    | { readonly kind: 'mode'; readonly path: string; readonly mode: number; readonly durable: Durable }
    /** Several files that nothing orders until one sync(2) after all of them. */
    | { readonly kind: 'burst'; readonly folder: string; readonly pieces: readonly Piece[] }
    /** Many small files, for a reset to delete. */
    | { readonly kind: 'crowd'; readonly folder: string; readonly count: number }
    | { readonly kind: 'make-folder'; readonly path: string; readonly piece: Piece }
    | { readonly kind: 'remove-folder'; readonly path: string }
  );

/** A piece of the noise. */
export interface Piece {
  readonly at: number;
  readonly length: number;
}

/** What an operation does to one path. While it is under way `before` or `after` may be seen, and nothing else. */
export interface Touch {
  readonly path: string;
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
  /** Whether the beginning of `after` may be seen too: it was not written at once, and nothing promised that. */
  readonly growing: boolean;
  /** What it is for a moment only, beside `before` and `after`: a temporary file, or its beginning. */
  readonly passing?: Entry;
}

const longest = 12_000;
/** Above this an append would let files grow for ever. */
const appendLimit = 16_000;

const modes: readonly number[] = [0o600, 0o640, 0o755];

/** Chooses the next operation for a tree. */
export function chooseOperation(number: number, tree: Tree, random: Random): Operation {
  const path = random.pick(filePaths);
  const there = tree.get(path);
  const durable: Durable = random.chance(0.7) ? 'fsync' : 'sync';
  const kind = random.fraction();
  if (kind < 0.1) return burst(number, tree, random);
  if (kind < 0.2) return folder(number, tree, random);
  if (there?.kind === 'file') {
    if (kind < 0.32) return { kind: 'remove', number, path, durable };
    if (kind < 0.42)
      return {
        kind: 'mode',
        number,
        path,
        mode: random.pick(modes.filter((one) => one !== there.mode)),
        durable,
      };
    if (kind < 0.6 && there.bytes.length < appendLimit)
      return { kind: 'append', number, path, piece: piece(random, 600), durable };
  }
  return { kind: 'replace', number, path, piece: piece(random, longest), durable };
}

function burst(number: number, tree: Tree, random: Random): Operation {
  const folderOf = random.pick(folderPaths);
  const earlier = [...tree.keys()].filter((path) => path.startsWith(`${folderOf}/b`));
  // Removing what an earlier burst has left keeps the storage from filling up.
  if (earlier.length >= 6) return { kind: 'remove', number, path: random.pick(earlier), durable: 'fsync' };
  const pieces = Array.from({ length: random.whole(2, 4) }, () => piece(random, longest / 2));
  return { kind: 'burst', number, folder: folderOf, pieces };
}

function folder(number: number, tree: Tree, random: Random): Operation {
  const path = `${random.pick(folderPaths)}/s`;
  return tree.has(path)
    ? { kind: 'remove-folder', number, path }
    : { kind: 'make-folder', number, path, piece: piece(random, longest / 4) };
}

/** Short ones as often as long ones. */
export function piece(random: Random, limit: number): Piece {
  const length = Math.floor(limit ** random.fraction());
  return { at: random.whole(0, noise.length - length), length };
}

/** Every path that the operation changes, in the order of changing. */
export function touches(operation: Operation, tree: Tree): readonly Touch[] {
  const { number } = operation;
  switch (operation.kind) {
    case 'replace': {
      const after = plainFile(bytesOf(number, operation.piece));
      return [touch(tree, operation.path, after), { ...temporary(operation.path), passing: after }];
    }
    case 'append': {
      const before = fileAt(tree, operation.path);
      const bytes = Buffer.concat([before.bytes, bytesOf(number, operation.piece)]);
      return [{ ...touch(tree, operation.path, { ...before, bytes }), growing: true }];
    }
    case 'remove':
      return [touch(tree, operation.path, undefined)];
    case 'mode':
      return [touch(tree, operation.path, { ...fileAt(tree, operation.path), mode: operation.mode })];
    case 'burst':
      return operation.pieces.map((one, index) => ({
        ...touch(tree, burstPath(operation.folder, number, index), plainFile(bytesOf(number, one))),
        growing: true,
      }));
    case 'crowd':
      return Array.from({ length: operation.count }, (_, index) => ({
        ...touch(
          tree,
          crowdPath(operation.folder, number, index),
          plainFile(Buffer.from(`${number} ${index}\n`)),
        ),
        growing: true,
      }));
    case 'make-folder':
      return [
        touch(tree, operation.path, { kind: 'folder' }),
        {
          ...touch(tree, `${operation.path}/f`, plainFile(bytesOf(number, operation.piece))),
          growing: true,
        },
      ];
    case 'remove-folder':
      return [touch(tree, `${operation.path}/f`, undefined), touch(tree, operation.path, undefined)];
  }
}

/** The tree after the operation. */
export function apply(operation: Operation, tree: Tree): Tree {
  const next = new Map(tree);
  for (const { path, after } of touches(operation, tree)) {
    if (after === undefined) next.delete(path);
    else next.set(path, after);
  }
  return next;
}

/** The command that does it on the board. It ends when the operation is durable: its end is the acknowledgement. */
export function commandOf(operation: Operation): string {
  return ['umask 022', `cd ${loadFolder}`, ...commands(operation)].join(' && ');
}

function commands(operation: Operation): readonly string[] {
  const { number } = operation;
  switch (operation.kind) {
    case 'replace': {
      const { path, durable } = operation;
      const name = temporary(path).path;
      return [
        `${write(number, operation.piece)} >${name}`,
        `sync ${name}`,
        `mv ${name} ${path}`,
        durably(durable, folderOf(path)),
      ];
    }
    case 'append':
      return [
        `${write(number, operation.piece)} >>${operation.path}`,
        durably(operation.durable, operation.path),
      ];
    case 'remove':
      return [`rm ${operation.path}`, durably(operation.durable, folderOf(operation.path))];
    case 'mode':
      return [
        `chmod ${operation.mode.toString(8)} ${operation.path}`,
        // A changed mode copies the file up: both its data and its new name have to be durable.
        `sync ${operation.path}`,
        durably(operation.durable, folderOf(operation.path)),
      ];
    case 'burst':
      return [
        ...operation.pieces.map(
          (one, index) => `${write(number, one)} >${burstPath(operation.folder, number, index)}`,
        ),
        'sync',
      ];
    case 'crowd': {
      const file = crowdPath(operation.folder, number, '$i');
      return [
        'i=0',
        `while [ $i -lt ${operation.count} ]; do echo ${number} $i >${file} || exit; i=$((i + 1)); done`,
        'sync',
      ];
    }
    case 'make-folder':
      return [`mkdir ${operation.path}`, `${write(number, operation.piece)} >${operation.path}/f`, 'sync'];
    case 'remove-folder':
      return [`rm ${operation.path}/f`, `rmdir ${operation.path}`, `sync ${folderOf(operation.path)}`];
  }
}

/** The command that prints a numbered content. */
export function write(number: number, { at, length }: Piece): string {
  return `{ echo ${number}; tail -c +${at + 1} ${noisePath} | head -c ${length}; }`;
}

/** A numbered content. */
export function bytesOf(number: number, { at, length }: Piece): Uint8Array {
  return Buffer.concat([Buffer.from(`${number}\n`), noise.subarray(at, at + length)]);
}

function durably(durable: Durable, path: string): string {
  return durable === 'sync' ? 'sync' : `sync ${path}`;
}

function burstPath(folderPath: string, number: number, index: number): string {
  return `${folderPath}/b${number}-${index}`;
}

function crowdPath(folderPath: string, number: number, index: number | string): string {
  return `${folderPath}/c${number}-${index}`;
}

function temporary(path: string): Touch {
  return { path: `${path}.tmp`, before: undefined, after: undefined, growing: true };
}

function touch(tree: Tree, path: string, after: Entry | undefined): Touch {
  return { path, before: tree.get(path), after, growing: false };
}

function fileAt(tree: Tree, path: string): Extract<Entry, { kind: 'file' }> {
  const entry = tree.get(path);
  if (entry?.kind !== 'file') throw new RangeError(`the load wants a file at ${path}`);
  return entry;
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}
