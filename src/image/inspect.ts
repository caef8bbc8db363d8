/** Looks into a root image without unpacking it, and without the host's tools. */
import type { ImageMake } from './format.ts';
import { withImage } from './open.ts';
import { type Resolution, resolve } from './resolve.ts';
import { type DirectoryNode, type ImageNode, toText } from './tree.ts';

/** Largest file, in bytes, that is read out of an image. */
const maxFileBytes = 256 << 20;

export type ImageLookup =
  | {
      readonly kind: 'found';
      /** Where it lies after all symbolic links. */
      readonly path: string;
      readonly type: ImageNode['kind'];
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      /** Of a symbolic link that was not followed. */
      readonly target?: string;
      /** Names in a directory, sorted by their bytes. */
      readonly names?: readonly string[];
    }
  | { readonly kind: 'missing' | 'dangling' | 'loop' | 'not-a-directory'; readonly path: string };

export interface ImageFacts extends ImageMake {
  /** Bytes of the image file. */
  readonly fileBytes: number;
  /** Follows an absolute path as the board would; with `followLast: false` a symbolic link at its end is what is found. */
  lookup(path: string, options?: { readonly followLast?: boolean }): ImageLookup;
}

/** @throws Failure OVL350 to OVL354 where the file is no root image that overlaykit can read */
export async function inspectImage(path: string): Promise<ImageFacts> {
  return withImage(path, async (image, source) => ({
    ...image.make,
    fileBytes: source.bytes,
    lookup: (wanted, options) => lookup(image.root, wanted, options),
  }));
}

/**
 * The content of a file in an image, symbolic links followed inside it; undefined where no file is there.
 * @throws Failure OVL350 to OVL354, OVL361 where the file has more than 256 MiB
 */
export async function readImageFile(image: string, path: string): Promise<Uint8Array | undefined> {
  return withImage(image, async (opened) => {
    const found = resolve(opened.root, path);
    if (found.kind !== 'found' || found.node.kind !== 'file') return undefined;
    return opened.read(found.node, maxFileBytes);
  });
}

function lookup(root: DirectoryNode, path: string, options?: { readonly followLast?: boolean }): ImageLookup {
  const found: Resolution = resolve(root, path, options);
  if (found.kind !== 'found') return { kind: found.kind, path: toText(found.path) };
  const { node } = found;
  return {
    kind: 'found',
    path: toText(found.path),
    type: node.kind,
    mode: node.mode,
    uid: node.uid,
    gid: node.gid,
    ...(node.kind === 'symlink' ? { target: toText(node.target) } : {}),
    ...(node.kind === 'directory' ? { names: [...node.children.keys()].sort().map(toText) } : {}),
  };
}
