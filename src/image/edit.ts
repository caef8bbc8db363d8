/** Puts files and directories into the tree of an image, where the board's kernel would look for them. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { type Resolution, resolve } from './resolve.ts';
import { type ByteString, type DirectoryNode, kindNames, toByteString, toText } from './tree.ts';

/** What one edit did. Paths are where things lie after all symbolic links, such as `/usr/sbin/overlay_init`. */
export interface Edit {
  readonly added: readonly string[];
  readonly replaced: readonly string[];
  /** Directories that had to be made for the file. */
  readonly directories: readonly string[];
}

export type Edited = { readonly edit: Edit } | { readonly diagnostic: Diagnostic };

export interface NewFile {
  /** Absolute path on the board. */
  readonly path: string;
  readonly mode: number;
  readonly content: Uint8Array;
  /** Whether its blocks are stored as they are, where the format can. */
  readonly plain?: boolean;
}

const directoryMode = 0o755;

/** Puts a file there, in place of a file or symbolic link of that name. It belongs to root, `time` is in seconds. */
export function putFile(root: DirectoryNode, file: NewFile, time: number): Edited {
  const slash = file.path.lastIndexOf('/');
  const name = toByteString(file.path.slice(slash + 1));
  const parent = makeDirectories(root, file.path.slice(0, slash), time);
  if ('diagnostic' in parent) return parent;
  const existing = parent.directory.children.get(name);
  const path = join(parent.path, name);
  if (existing !== undefined && existing.kind !== 'file' && existing.kind !== 'symlink') {
    return { diagnostic: inTheWay(path, kindNames[existing.kind], `the bundle's file ${file.path}`) };
  }
  parent.directory.children.set(name, {
    kind: 'file',
    mode: file.mode & 0o7777,
    uid: 0,
    gid: 0,
    mtime: time,
    size: file.content.length,
    content: file.content,
    ...(file.plain === true && { plain: true }),
  });
  const edit = { added: [], replaced: [], directories: parent.made };
  return { edit: { ...edit, [existing === undefined ? 'added' : 'replaced']: [path] } };
}

/** Makes a directory and those that lead to it, unless it is there already. */
export function putDirectory(root: DirectoryNode, path: string, time: number): Edited {
  const made = makeDirectories(root, path, time);
  return 'diagnostic' in made ? made : { edit: { added: [], replaced: [], directories: made.made } };
}

interface Made {
  readonly directory: DirectoryNode;
  readonly path: ByteString;
  readonly made: readonly string[];
}

function makeDirectories(
  root: DirectoryNode,
  path: string,
  time: number,
): Made | { readonly diagnostic: Diagnostic } {
  const found = resolve(root, path);
  if (found.kind === 'found' && found.node.kind === 'directory') {
    return { directory: found.node, path: found.path, made: [] };
  }
  if (found.kind !== 'missing') return { diagnostic: noDirectory(path, found) };
  const made: string[] = [];
  let { directory, path: here } = found;
  for (const name of found.rest) {
    const child: DirectoryNode = {
      kind: 'directory',
      mode: directoryMode,
      uid: 0,
      gid: 0,
      mtime: time,
      children: new Map(),
    };
    directory.children.set(name, child);
    directory = child;
    here = join(here, name);
    made.push(toText(here));
  }
  return { directory, path: here, made };
}

function join(directory: ByteString, name: ByteString): string {
  return `${directory === '/' ? '' : directory}/${name}`;
}

/** Why a path is no directory and cannot become one. */
export function noDirectory(path: string, found: Exclude<Resolution, { kind: 'missing' }>): Diagnostic {
  switch (found.kind) {
    case 'loop':
      return {
        code: 'OVL360',
        severity: 'error',
        message: `${path} cannot be reached in the root image`,
        because: `the symbolic links at ${toText(found.path)} lead round in a circle (ELOOP on the board)`,
      };
    case 'dangling':
      return {
        code: 'OVL360',
        severity: 'error',
        message: `${path} cannot be reached in the root image`,
        because: `${toText(found.path)} is a symbolic link to ${toText(found.target)}, which is not in the image`,
        fix: 'add what it leads to to the root image, or name another path in the board file',
      };
    case 'found':
    case 'not-a-directory':
      return inTheWay(toText(found.path), kindNames[found.node.kind], `the directory ${path}`);
  }
}

function inTheWay(path: string, kind: string, wanted: string): Diagnostic {
  return {
    code: 'OVL359',
    severity: 'error',
    message: `${wanted} cannot be put into the root image: ${path} is ${kind}`,
    because: 'only files and symbolic links are replaced, and only by files',
    fix: `remove ${path} from the root image`,
  };
}
