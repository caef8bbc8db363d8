/**
 * A folder of this machine, as what a folder on a board is to have. In: its path. Out: entries with the bytes of small files; large
 * ones are read again when they are sent, and compared with what they were.
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  constants,
  createReadStream,
  type Dirent,
  lstatSync,
  openSync,
  readFileSync,
} from 'node:fs';
import { readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { type Diagnostic, Failure } from '../../diagnostics/diagnostic.ts';
import { quoted } from '../../diagnostics/escape.ts';
import { fileFailure } from '../../system/files.ts';
import type { UploadEntry } from './tree.ts';

/** Larger files are not kept in memory, nor any once so much is kept. */
const mostOfOne = 1 << 20;
const mostKept = 64 << 20;
/** How long the folder is read before whoever else waits has a turn, in milliseconds. */
const turnMs = 10;

/**
 * Everything below the folder: files and folders with their permission bits, symbolic links as they are. Owners are left out.
 * @throws Failure OVL428 with everything that cannot be sent, OVL420 to OVL427 where something cannot be read
 */
export async function readLocalFolder(path: string, signal: AbortSignal): Promise<readonly UploadEntry[]> {
  const entries: UploadEntry[] = [];
  const room = { bytes: mostKept };
  let turn = performance.now();
  const unfit: Diagnostic[] = [];
  const pending = [''];
  for (let inside = pending.pop(); inside !== undefined; inside = pending.pop()) {
    for (const dirent of await namesIn(join(path, inside))) {
      if (performance.now() - turn > turnMs) {
        await setImmediate();
        turn = performance.now();
      }
      signal.throwIfAborted();
      const name = textOf(dirent.name);
      const here = inside === '' ? name : `${inside}/${name}`;
      const entry = name.includes('\ufffd')
        ? undefined
        : await entryOf(join(path, here), here, { dirent, room, signal });
      if (entry === undefined) unfit.push(cannotBeSent(join(path, here), dirent));
      else entries.push(entry);
      if (entry?.kind === 'directory') pending.push(here);
    }
  }
  if (unfit.length > 0) throw new Failure(unfit);
  return entries;
}

async function namesIn(folder: string): Promise<readonly Dirent<Buffer>[]> {
  try {
    return await readdir(folder, { withFileTypes: true, encoding: 'buffer' });
  } catch (error) {
    throw fileFailure(error, folder, 'read');
  }
}

/** A byte that is no UTF-8 becomes U+FFFD, under which the file would not be found again. */
function textOf(name: Buffer): string {
  return name.toString('utf8');
}

interface Reading {
  readonly dirent: Dirent<Buffer>;
  /** Bytes that may still be kept. */
  readonly room: { bytes: number };
  readonly signal: AbortSignal;
}

/** undefined for what a folder on a board cannot have. */
async function entryOf(
  path: string,
  inside: string,
  { dirent, room, signal }: Reading,
): Promise<UploadEntry | undefined> {
  try {
    if (dirent.isSymbolicLink()) return { kind: 'symlink', path: inside, target: await readlink(path) };
    const { mode: all, size } = lstatSync(path);
    const mode = all & 0o7777;
    if (dirent.isDirectory()) return { kind: 'directory', path: inside, mode };
    if (!dirent.isFile()) return undefined;
    if (size <= Math.min(mostOfOne, room.bytes)) {
      const content = bytesOfFile(path);
      room.bytes -= content.length;
      const sha256 = createHash('sha256').update(content).digest('hex');
      return { kind: 'file', path: inside, mode, size: content.length, sha256, content };
    }
    const sha256 = await digestOfFile(path, signal);
    return { kind: 'file', path: inside, mode, size, sha256, content: () => sameBytes(path, size, sha256) };
  } catch (error) {
    throw fileFailure(error, path, 'read');
  }
}

/**
 * Without the thread pool: a thousand small files take 50 ms so, and took 520 as streams. Whatever has the name by now, no link is
 * followed, and no pipe is waited for.
 */
function bytesOfFile(path: string): Buffer {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

async function digestOfFile(path: string, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { signal })) hash.update(chunk);
  return hash.digest('hex');
}

/** @throws Failure OVL429 as soon as they are others than before */
async function* sameBytes(path: string, size: number, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let length = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > size) break;
    hash.update(chunk);
    yield chunk;
  }
  if (length === size && hash.digest('hex') === sha256) return;
  throw new Failure({
    code: 'OVL429',
    severity: 'error',
    message: `${quoted(path)} was written to while it was sent`,
    because: 'its bytes are not the ones that were read a moment ago, which the board is asked for',
    fix: 'wait until it is complete, then the same command again',
    boardState: 'unchanged',
  });
}

function cannotBeSent(path: string, dirent: Dirent<Buffer>): Diagnostic {
  return {
    code: 'OVL428',
    severity: 'error',
    message: `${quoted(path)} cannot be put on a board`,
    because: `it is ${kindOf(dirent)}; files, folders and symbolic links can be sent`,
    fix: 'take it out of the folder',
    boardState: 'unchanged',
  };
}

function kindOf(dirent: Dirent<Buffer>): string {
  if (textOf(dirent.name).includes('\ufffd')) return 'called by bytes that are no UTF-8';
  if (dirent.isSocket()) return 'a socket';
  if (dirent.isFIFO()) return 'a named pipe';
  return 'a device';
}
