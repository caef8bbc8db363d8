/**
 * The load's folder in the next image: every way in which a new base differs from the one before it, beside the paths that
 * the load changes. Pure.
 */
import { type Entry, factoryTree, noise, plainFile, type Tree } from './tree.ts';

const gone = (path: string): boolean =>
  /^(d[02]\/f2|d[12]\/f3|d0\/f3|n0\/m\/c|n[12](\/.*)?|n3\/(a|b|m)(\/.*)?)$/.test(path);

/** The tree as the next read-only root has it. */
export const nextTree: Tree = new Map<string, Entry>([
  ...[...factoryTree].filter(([path]) => !gone(path)),
  ...['d0/f0', 'd1/f0', 'd2/f0', 'd3/f0', 'n0/a'].map(
    (path, index) => [path, newContent(path, index)] as const,
  ),
  // Another mode is another version too.
  ['d1/f1', withMode(factoryTree.get('d1/f1'), 0o600)],
  // New ones, where the load may have made its own.
  ['d0/u0', newContent('d0/u0', 20)],
  ['d1/u0', newContent('d1/u0', 21)],
  ['d3/u0', newContent('d3/u0', 22)],
  ['n0/z', plainFile('next n0/z\n')],
  ['n0/m/d', plainFile('next n0/m/d\n')],
  ...folder('d0/u1'),
  ...folder('d0/s'),
  // Files that became folders, and folders that became files.
  ...folder('d0/f3'),
  ...folder('n3/b'),
  ['n1', newContent('n1', 30)],
  ['n3/m', plainFile('next n3/m\n')],
]);

/** Modes of folders in the next root, where not 0755. */
export const nextModes: ReadonlyMap<string, number> = new Map([['n3', 0o700]]);

function folder(path: string): readonly (readonly [string, Entry])[] {
  return [
    [path, { kind: 'folder' }],
    [`${path}/x`, plainFile(`next ${path}/x\n`)],
  ];
}

function newContent(path: string, index: number): Entry {
  return plainFile(Buffer.concat([Buffer.from(`next ${path}\n`), noise.subarray(index * 700, index * 1500)]));
}

function withMode(entry: Entry | undefined, mode: number): Entry {
  if (entry?.kind !== 'file') throw new RangeError('only files have another mode');
  return { ...entry, mode };
}
