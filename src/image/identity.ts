/**
 * The identity of a root image: what overlay_init compares to know whether an upper was made on this one. It stands for the
 * image's content without overlaykit's own files, so that installing a newer bundle, or the same twice, changes nothing.
 */
import { createHash } from 'node:crypto';
import { bundlePaths } from '../bundle/bundle.ts';
import { baseLine } from '../shared/base.ts';
import { boardPaths } from '../shared/helper-protocol.ts';
import type { NewFile } from './edit.ts';
import type { OpenImage } from './format.ts';
import { resolve } from './resolve.ts';
import { type DirectoryNode, type FileNode, type ImageNode, sortedChildren } from './tree.ts';

/** Hexadecimal digits: 128 bits of the SHA-256. */
const digits = 32;

/** The file with the identity of an image, with whatever has been put into it. */
export async function identityFile(image: OpenImage): Promise<NewFile> {
  const own = ownNodes(image.root);
  const line = await directoryLine(image, image.root, own);
  const identity = createHash('sha256')
    .update(line ?? '', 'latin1')
    .digest('hex')
    .slice(0, digits);
  return { path: boardPaths.base, mode: 0o644, content: new TextEncoder().encode(baseLine(identity)) };
}

/** Overlaykit's files, wherever symbolic links have led them, and everything in its folder. */
function ownNodes(root: DirectoryNode): ReadonlySet<ImageNode> {
  const paths = [...Object.values(bundlePaths).map((path) => `/${path}`), boardPaths.configDir];
  const found = paths.map((path) => resolve(root, path, { followLast: false }));
  return new Set(found.flatMap((one) => (one.kind === 'found' ? [one.node] : [])));
}

/**
 * One line for each entry, of a directory the digest of its lines; undefined where nothing in it counts. Empty directories do
 * not: mount points are made by overlaykit.
 */
async function directoryLine(
  image: OpenImage,
  directory: DirectoryNode,
  own: ReadonlySet<ImageNode>,
): Promise<string | undefined> {
  const lines: string[] = [];
  for (const [name, node] of sortedChildren(directory)) {
    if (own.has(node)) continue;
    const line =
      node.kind === 'directory' ? await directoryLine(image, node, own) : await lineOf(image, node);
    if (line !== undefined) lines.push(`${name}\0${line}`);
  }
  if (lines.length === 0) return undefined;
  const content = createHash('sha256').update(lines.join('\0\0'), 'latin1').digest('hex');
  return `${owner(directory)} ${content}`;
}

async function lineOf(image: OpenImage, node: Exclude<ImageNode, DirectoryNode>): Promise<string> {
  switch (node.kind) {
    case 'file':
      return `${owner(node)} ${node.size} ${await contentOf(image, node)}`;
    case 'symlink':
      return `${owner(node)} ${node.target}`;
    case 'char-device':
    case 'block-device':
      return `${owner(node)} ${node.major}:${node.minor}`;
    case 'fifo':
    case 'socket':
      return owner(node);
  }
}

async function contentOf(image: OpenImage, node: FileNode): Promise<string> {
  if (node.content === undefined) return image.digest(node);
  return createHash('sha256').update(node.content).digest('hex');
}

/** Times are left out: the same files packed an hour later are the same base. */
function owner({ kind, mode, uid, gid }: ImageNode): string {
  return `${kind} ${mode.toString(8)} ${uid}:${gid}`;
}
