/**
 * What the load writes and the checker expects: a small tree below one folder, some of it in the read-only root. Pure.
 *
 * In: nothing. Out: entries, trees, and the files that a tortured root has.
 */
import { directory, file, type RootFile } from '../roots/root-file.ts';
import { Random } from './random.ts';

/** The folder of the merged root that the load works in. */
export const loadFolder = '/srv/torture';

/** Bytes that do not compress, in the read-only root: contents are cut out of them on the board, and here. */
export const noisePath = '/usr/share/torture/noise';
export const noise: Uint8Array = new Random('noise').bytes(64 * 1024);

export type Entry =
  | { readonly kind: 'folder' }
  | { readonly kind: 'file'; readonly bytes: Uint8Array; readonly mode: number };

/** Entries by their path below loadFolder. */
export type Tree = ReadonlyMap<string, Entry>;

const folders = ['d0', 'd1', 'd2', 'd3'] as const;
const lowerNames = ['f0', 'f1', 'f2', 'f3'] as const;
const upperNames = ['u0', 'u1', 'u2'] as const;
/** Folders with a folder in them, which the next image has otherwise; see next-tree.ts. */
export const nests = ['n0', 'n1', 'n2', 'n3'] as const;
export const nested = ['a', 'b', 'm/c'] as const;

/** Where the load has its single files: in the read-only root, and only in the upper. */
export const filePaths: readonly string[] = folders.flatMap((folder) =>
  [...lowerNames, ...upperNames].map((name) => `${folder}/${name}`),
);
export const folderPaths: readonly string[] = folders;

/** The tree as the read-only root has it. */
export const factoryTree: Tree = new Map<string, Entry>([
  ...folders.map((folder) => [folder, { kind: 'folder' }] as const),
  ...folders.flatMap((folder, row) =>
    lowerNames.map(
      (name, column) =>
        [`${folder}/${name}`, { kind: 'file', bytes: factoryBytes(row, column), mode: 0o644 }] as const,
    ),
  ),
  ...nests.flatMap((nest) => [
    [nest, { kind: 'folder' }] as const,
    [`${nest}/m`, { kind: 'folder' }] as const,
    ...nested.map((name) => [`${nest}/${name}`, plainFile(`factory ${nest} ${name}\n`)] as const),
  ]),
]);

export function plainFile(content: string | Uint8Array, mode = 0o644): Extract<Entry, { kind: 'file' }> {
  return { kind: 'file', bytes: typeof content === 'string' ? Buffer.from(content) : content, mode };
}

function factoryBytes(row: number, column: number): Uint8Array {
  const at = (row * 4 + column) * 1000;
  return Buffer.concat([
    Buffer.from(`factory ${row} ${column}\n`),
    noise.subarray(at, at + 37 + 611 * column),
  ]);
}

/**
 * What a root needs to be tortured.
 * @param modes of folders, where not 0755
 */
export function rootFilesOf(tree: Tree, modes: ReadonlyMap<string, number> = new Map()): readonly RootFile[] {
  return [
    file(noisePath, noise),
    directory(loadFolder),
    ...[...tree].map(([path, entry]) =>
      entry.kind === 'folder'
        ? directory(`${loadFolder}/${path}`, modes.get(path))
        : file(`${loadFolder}/${path}`, entry.bytes, entry.mode),
    ),
  ];
}

/** What a factory reset keeps in a torture run: a folder, a file of the read-only root, and one that is only in the upper. */
export const keptPaths: readonly string[] = ['d3', 'd2/f1', 'd2/u0'];

/** The tree with everything at the paths, and below them, as the other tree has it. */
export function restored(tree: Tree, paths: readonly string[], from: Tree = factoryTree): Tree {
  const meant = ([path]: readonly [string, Entry]): boolean =>
    paths.some((one) => path === one || path.startsWith(`${one}/`));
  return new Map([...[...tree].filter((entry) => !meant(entry)), ...[...from].filter(meant)]);
}
