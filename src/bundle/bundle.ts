/**
 * Bundle: what is put on a board, as one value: a manifest and the files it lists.
 *
 * In: files with path, mode and content. Out: the Bundle, its tar bytes (pack.ts), and a Bundle read back from tar bytes
 * that somebody else may have touched (verify.ts). Imports no ssh2, no process, no file system: bytes in, bytes out.
 */
import type { BootLoader } from '../shared/boot-loader.ts';
import { boardPaths } from '../shared/helper-protocol.ts';
import { sha256 } from './digest.ts';
import type { BundleFile } from './file.ts';
import { formatManifest, type Manifest, manifestRow, manifestSchema, type Requirements } from './manifest.ts';

export interface Bundle {
  readonly manifest: Manifest;
  /** The files that the manifest lists, in its order; the manifest itself is not among them. */
  readonly files: readonly BundleFile[];
}

/** Where things lie inside a bundle: their places on the board, relative to its root. */
export const bundlePaths = {
  manifest: relative(boardPaths.manifest),
  plan: relative(boardPaths.plan),
  overlayInit: relative(boardPaths.overlayInit),
  helper: relative(boardPaths.helper),
  verbs: relative(boardPaths.verbs),
  login: relative(boardPaths.login),
} as const;

export interface BundleInput {
  readonly board: { readonly name: string; readonly compatible: readonly string[] };
  readonly bootLoader?: BootLoader | undefined;
  /** Version of overlaykit. */
  readonly version: string;
  readonly requires: Requirements;
  /** Has overlay_init and plan.json among them. */
  readonly files: readonly BundleFile[];
  /** Paths of those that a root image holds unpacked. */
  readonly plain?: readonly string[];
}

/** Makes a bundle; the order in which the files are given does not matter. */
export function makeBundle(input: BundleInput): Bundle {
  const files = input.files.toSorted(byPath);
  const plan = files.find((file) => file.path === bundlePaths.plan);
  if (plan === undefined) throw new Error(`a bundle needs ${bundlePaths.plan}`);
  const manifest: Manifest = {
    schema: manifestSchema,
    board: { name: input.board.name, compatible: [...input.board.compatible] },
    ...(input.bootLoader === undefined ? {} : { bootLoader: input.bootLoader }),
    planDigest: sha256(plan.content),
    overlaykit: input.version,
    requires: input.requires,
    files: files.map(manifestRow),
    ...(input.plain === undefined || input.plain.length === 0 ? {} : { plain: [...input.plain] }),
  };
  return { manifest, files };
}

/** Everything that a bundle puts on the board: the manifest first, so that a reader knows what has to follow. */
export function bundleEntries(bundle: Bundle): readonly BundleFile[] {
  const content = new TextEncoder().encode(formatManifest(bundle.manifest));
  const plain = bundle.manifest.plain ?? [];
  const files = bundle.files.map((file) => (plain.includes(file.path) ? { ...file, plain: true } : file));
  return [{ path: bundlePaths.manifest, mode: 0o644, content }, ...files];
}

/** By UTF-16 units and not by locale: the order must be the same on every machine. */
function byPath(a: BundleFile, b: BundleFile): number {
  return a.path < b.path ? -1 : Number(a.path > b.path);
}

function relative(path: string): string {
  return path.slice(1);
}
