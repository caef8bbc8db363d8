/**
 * Lays out a cramfs image: superblock, directories, file contents. cramfs has no place to append to, so everything moves;
 * pages that were there are copied as they are, and only positions change.
 */
import { sha256 } from '../../bundle/digest.ts';
import { type Diagnostic, Failure } from '../../diagnostics/diagnostic.ts';
import {
  type ByteString,
  type DirectoryNode,
  directoriesOf,
  type ImageNode,
  sortedChildren,
  toText,
} from '../tree.ts';
import { imageCrc } from './open.ts';
import { type PackedFile, packFile, placeFile } from './pages.ts';
import {
  type CramfsInode,
  encodeInode,
  encodeSuperblock,
  fileTypes,
  flag,
  type Header,
  inodeBytes,
  pageBytes,
  superblockBytes,
  writeU32,
} from './superblock.ts';

const maxFileBytes = (1 << 24) - 1;
const maxNameBytes = 252;
const maxOffset = (1 << 28) - 4;

/**
 * @param packed pages of what was in an image before
 * @throws Failure OVL361 with everything that cramfs cannot hold
 */
export function layOut(
  root: DirectoryNode,
  header: Header,
  packed: ReadonlyMap<ImageNode, PackedFile> = new Map(),
): Buffer {
  refuseTooLarge(root);
  const start = header.front.length + superblockBytes;
  const directories = directoriesOf(root).map((node) => ({ node, entries: entriesOf(node, header) }));
  const listings = place(directories, start);
  const contents = placeContents(directories, packed, listings.end, header);
  const rootInode = inodeOf(root, '', listings.offsets, contents.offsets, listings.bytes);
  const parts: Buffer[] = [header.front, Buffer.alloc(superblockBytes)];
  for (const { entries } of directories) {
    for (const [name, node] of entries) {
      const inode = inodeOf(node, name, listings.offsets, contents.offsets, listings.bytes);
      parts.push(encodeInode(inode, header.byteOrder), paddedName(name));
    }
  }
  const image = Buffer.concat([...parts, ...contents.parts]);
  const whole = Buffer.alloc(Math.ceil(image.length / pageBytes) * pageBytes);
  image.copy(whole);
  const superblock = encodeSuperblock(header, {
    size: whole.length,
    blocks: contents.blocks,
    files: 1 + directories.reduce((sum, one) => sum + one.entries.length, 0),
    root: { ...rootInode, nameBytes: 0 },
  });
  superblock.copy(whole, header.front.length);
  if ((header.flags & flag.fsid) !== 0) {
    writeU32(whole, imageCrc(whole, header.front.length), header.front.length + 32, header.byteOrder);
  }
  return whole;
}

type Entries = readonly (readonly [ByteString, ImageNode])[];
type Directories = readonly { readonly node: DirectoryNode; readonly entries: Entries }[];

function entriesOf(directory: DirectoryNode, header: Header): Entries {
  return (header.flags & flag.sorted) !== 0 ? sortedChildren(directory) : [...directory.children];
}

interface Listings {
  readonly offsets: ReadonlyMap<ImageNode, number>;
  readonly bytes: ReadonlyMap<ImageNode, number>;
  readonly end: number;
}

function place(directories: Directories, start: number): Listings {
  const offsets = new Map<ImageNode, number>();
  const bytes = new Map<ImageNode, number>();
  let at = start;
  for (const [index, { node, entries }] of directories.entries()) {
    const length = entries.reduce((sum, [name]) => sum + inodeBytes + paddedName(name).length, 0);
    // An empty directory has no place, but for the root, whose place the kernel checks.
    offsets.set(node, length > 0 || index === 0 ? at : 0);
    bytes.set(node, length);
    at += length;
  }
  return { offsets, bytes, end: at };
}

interface Contents {
  readonly offsets: ReadonlyMap<ImageNode, number>;
  readonly parts: readonly Buffer[];
  readonly blocks: number;
}

/** Equal contents share one place: cramfs has no hard links, and busybox would be there once for each applet. */
function placeContents(
  directories: Directories,
  packed: ReadonlyMap<ImageNode, PackedFile>,
  start: number,
  header: Header,
): Contents {
  const offsets = new Map<ImageNode, number>();
  const shared = new Map<string, number>();
  const parts: Buffer[] = [];
  let at = start;
  let blocks = 0;
  for (const [, node] of directories.flatMap((one) => one.entries)) {
    const before = packed.get(node);
    const content = before === undefined ? newContent(node) : undefined;
    if ((before?.size ?? content?.length ?? 0) === 0) continue;
    const key = before === undefined ? sha256(content ?? '') : `${before.offset}:${before.size}`;
    const known = shared.get(key);
    if (known !== undefined) {
      offsets.set(node, known);
      continue;
    }
    if (at > maxOffset) throw new Failure(beyond('the image', `its contents reach beyond byte ${maxOffset}`));
    const file = before ?? packFile(content ?? new Uint8Array(0));
    const bytes = placeFile(file, at, header.byteOrder);
    const padding = Buffer.alloc((4 - (bytes.length % 4)) % 4);
    parts.push(bytes, padding);
    offsets.set(node, at);
    blocks += file.ends.length;
    shared.set(key, at);
    at += bytes.length + padding.length;
  }
  return { offsets, parts, blocks };
}

function newContent(node: ImageNode): Uint8Array | undefined {
  if (node.kind === 'symlink') return Buffer.from(node.target, 'latin1');
  return node.kind === 'file' ? node.content : undefined;
}

function inodeOf(
  node: ImageNode,
  name: ByteString,
  listingOffsets: ReadonlyMap<ImageNode, number>,
  contentOffsets: ReadonlyMap<ImageNode, number>,
  listingBytes: ReadonlyMap<ImageNode, number>,
): CramfsInode {
  return {
    mode: fileTypes[node.kind] | node.mode,
    uid: node.uid,
    gid: node.gid,
    size: sizeOf(node, listingBytes),
    nameBytes: paddedName(name).length,
    offset: listingOffsets.get(node) ?? contentOffsets.get(node) ?? 0,
  };
}

function sizeOf(node: ImageNode, listingBytes: ReadonlyMap<ImageNode, number>): number {
  switch (node.kind) {
    case 'file':
      return node.size;
    case 'directory':
      return listingBytes.get(node) ?? 0;
    case 'symlink':
      return node.target.length;
    case 'block-device':
    case 'char-device':
      return node.major * 256 + node.minor;
    case 'fifo':
    case 'socket':
      return 0;
  }
}

/** Names are padded with zeros to whole words. */
function paddedName(name: ByteString): Buffer {
  const bytes = Buffer.alloc(Math.ceil(name.length / 4) * 4);
  bytes.write(name, 'latin1');
  return bytes;
}

/** Every field that has fewer bits than what it would have to hold. */
function refuseTooLarge(root: DirectoryNode): void {
  const problems: Diagnostic[] = [];
  for (const directory of directoriesOf(root)) {
    for (const [name, node] of directory.children) {
      const what = `"${toText(name)}"`;
      if (name.length > maxNameBytes)
        problems.push(beyond(what, `its name has ${name.length} bytes of at most ${maxNameBytes}`));
      if (node.uid > 0xffff) problems.push(beyond(what, `its owner is ${node.uid}, the largest is 65535`));
      if (node.gid > 0xff) problems.push(beyond(what, `its group is ${node.gid}, the largest is 255`));
      if (node.kind === 'file' && node.size > maxFileBytes) {
        problems.push(beyond(what, `it has ${node.size} bytes of at most ${maxFileBytes}`));
      }
      if ('major' in node && (node.major > 0xff || node.minor > 0xff)) {
        problems.push(
          beyond(what, `its device number is ${node.major}:${node.minor}, the largest is 255:255`),
        );
      }
    }
  }
  if (problems.length > 0) throw new Failure(problems);
}

function beyond(what: string, because: string): Diagnostic {
  return {
    code: 'OVL361',
    severity: 'error',
    message: `cramfs cannot hold ${what}`,
    because,
    fix: 'make a squashfs image instead',
  };
}
