/** Follows a path inside an image as the board's kernel would: symbolic links never lead out of the image's own root. */
import { type ByteString, type DirectoryNode, type ImageNode, toByteString } from './tree.ts';

export type Resolution =
  /** `path` is where the node lies after all symbolic links. */
  | { readonly kind: 'found'; readonly node: ImageNode; readonly path: ByteString }
  /** `rest` are the names that `directory` does not lead to; they could be made there. */
  | {
      readonly kind: 'missing';
      readonly directory: DirectoryNode;
      readonly path: ByteString;
      readonly rest: readonly ByteString[];
    }
  /** The symbolic link at `path` leads to nothing. */
  | { readonly kind: 'dangling'; readonly path: ByteString; readonly target: ByteString }
  | { readonly kind: 'not-a-directory'; readonly path: ByteString; readonly node: ImageNode }
  | { readonly kind: 'loop'; readonly path: ByteString };

/** MAXSYMLINKS of the Linux kernel: one more is ELOOP. */
const maxSymlinks = 40;

interface Step {
  readonly name: ByteString;
  /** The symbolic link whose target this name was part of. */
  readonly link?: { readonly path: ByteString; readonly target: ByteString };
}

/** Follows an absolute path. With `followLast: false` a symbolic link at its end is itself what is found. */
export function resolve(
  root: DirectoryNode,
  path: string,
  { followLast = true }: { readonly followLast?: boolean } = {},
): Resolution {
  const pending: Step[] = namesOf(toByteString(path)).map((name) => ({ name }));
  const trail: { readonly name: ByteString; readonly directory: DirectoryNode }[] = [];
  let symlinks = 0;
  for (let step = pending.shift(); step !== undefined; step = pending.shift()) {
    const { name, link } = step;
    const directory = trail.at(-1)?.directory ?? root;
    if (name === '..') {
      trail.pop();
      continue;
    }
    const here = pathOf(trail);
    const child = directory.children.get(name);
    const childPath = `${here === '/' ? '' : here}/${name}`;
    if (child === undefined) {
      if (link !== undefined) return { kind: 'dangling', ...link };
      return { kind: 'missing', directory, path: here, rest: [name, ...pending.map((one) => one.name)] };
    }
    if (child.kind === 'symlink' && (pending.length > 0 || followLast)) {
      symlinks += 1;
      if (symlinks > maxSymlinks) return { kind: 'loop', path: childPath };
      if (child.target.startsWith('/')) trail.length = 0;
      const reached = { path: childPath, target: child.target };
      pending.unshift(...namesOf(child.target).map((one) => ({ name: one, link: reached })));
      continue;
    }
    if (child.kind === 'directory') {
      trail.push({ name, directory: child });
      continue;
    }
    if (pending.length > 0) return { kind: 'not-a-directory', path: childPath, node: child };
    return { kind: 'found', node: child, path: childPath };
  }
  return { kind: 'found', node: trail.at(-1)?.directory ?? root, path: pathOf(trail) };
}

/** The names of a path; a trailing slash and "." change nothing about where it leads. */
function namesOf(path: ByteString): readonly ByteString[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

function pathOf(trail: readonly { readonly name: ByteString }[]): ByteString {
  return `/${trail.map((one) => one.name).join('/')}`;
}
