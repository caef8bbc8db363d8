/**
 * The tree inside a root image, the same for every format. It is read completely, edited in memory, and written again; a
 * node that stands in two places is a hard link.
 */

/** File names and link targets, one UTF-16 unit a byte: names on a board need not be UTF-8 and must not change. */
export type ByteString = string;

interface Owned {
  /** Permission bits including setuid, setgid and sticky (07777). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970; 0 where the format keeps no times. */
  readonly mtime: number;
}

export interface FileNode extends Owned {
  readonly kind: 'file';
  /** Bytes. */
  readonly size: number;
  /** Set in files that are new; what the image has already stays in the image. */
  readonly content?: Uint8Array;
  /** Of a new file: its blocks are stored as they are, where the format can. */
  readonly plain?: boolean;
}

export interface DirectoryNode extends Owned {
  readonly kind: 'directory';
  readonly children: Map<ByteString, ImageNode>;
}

export interface SymlinkNode extends Owned {
  readonly kind: 'symlink';
  readonly target: ByteString;
}

export interface DeviceNode extends Owned {
  readonly kind: 'block-device' | 'char-device';
  readonly major: number;
  readonly minor: number;
}

export interface PipeNode extends Owned {
  readonly kind: 'fifo' | 'socket';
}

export type ImageNode = FileNode | DirectoryNode | SymlinkNode | DeviceNode | PipeNode;

export type NodeKind = ImageNode['kind'];

/** How a kind of node is called in messages. */
export const kindNames: Readonly<Record<NodeKind, string>> = {
  file: 'a file',
  directory: 'a directory',
  symlink: 'a symbolic link',
  'block-device': 'a block device node',
  'char-device': 'a character device node',
  fifo: 'a fifo',
  socket: 'a socket',
};

export function toByteString(text: string): ByteString {
  return Buffer.from(text, 'utf8').toString('latin1');
}

export function toBytes(name: ByteString): Uint8Array {
  return Buffer.from(name, 'latin1');
}

/** For messages: the name as text, with what is no text shown as such. */
export function toText(name: ByteString): string {
  return Buffer.from(name, 'latin1').toString('utf8');
}

/** In the order of their bytes, as squashfs and cramfs keep directories sorted. */
export function sortedChildren(directory: DirectoryNode): readonly (readonly [ByteString, ImageNode])[] {
  return [...directory.children].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}

/** Every directory below and including `root`, parents before their children; never deeper than memory allows. */
export function directoriesOf(root: DirectoryNode): readonly DirectoryNode[] {
  const found: DirectoryNode[] = [root];
  for (let next = 0; next < found.length; next += 1) {
    const directory = found[next];
    if (directory === undefined) break;
    for (const child of directory.children.values()) if (child.kind === 'directory') found.push(child);
  }
  return found;
}
