/**
 * Requests to forget the changes at single paths: overlaykit/reset-paths, one line each. They are done before the next
 * mount, since nothing may be taken out of an upper that is mounted, and copying the base's version over a change would
 * leave a copy that hides every later base.
 */
import { checkNumber } from '../shared/state.ts';
import { generationNumber } from './boot-status.ts';
import { escaped, unescaped } from './escape.ts';
import { isDirectory, isWhiteout } from './mode.ts';
import { isKernelError } from './port.ts';
import type { Storage } from './storage.ts';
import type { BoardPort, FileStatus } from './storage-port.ts';
import { oneLine, Refused } from './trouble.ts';

export interface Request {
  readonly generation: number;
  /** Names on the way; byte strings. */
  readonly path: readonly string[];
}

const file = 'reset-paths';
const word = 'overlaykit-reset-path';
const maxBytes = 64 * 1024;

/** Where `tidy` puts what is to be deleted; a sweep deletes it once the requests are done. */
export const trash = 'reset-paths.partial';

export interface Requests {
  readonly requests: readonly Request[];
  /** Lines that are none: cut short by a power cut, or noise. */
  readonly damaged: number;
}

/** Reads the requests; a line that is not whole is none, so that "/etc" can never come from "/etc/network". */
export function readRequests(port: BoardPort, { notes }: Storage): Requests {
  let text: string;
  try {
    text = port.readIn(notes, file, maxBytes) ?? '';
  } catch (error) {
    // A link or a directory of that name asks for nothing.
    if (isKernelError(error)) return { requests: [], damaged: 1 };
    throw error;
  }
  const lines = text.split('\n').filter((line) => line !== '');
  const parsed = lines.map(parseRequest);
  const requests = parsed.filter((one): one is Request => one !== undefined);
  return { requests, damaged: lines.length - requests.length };
}

export function requestsPending(port: BoardPort, { notes }: Storage): boolean {
  return port.statIn(notes, file) !== undefined;
}

/** Whether the next boot was asked for this before, or for a directory above it. */
export function isAsked(port: BoardPort, storage: Storage, { generation, path }: Request): boolean {
  return readRequests(port, storage).requests.some(
    (one) => one.generation === generation && one.path.every((name, at) => path[at] === name),
  );
}

/**
 * Asks the next boot; when it returns, the request survives a power cut. What was asked for before is synced all the same: whoever
 * did may have been killed before it was durable.
 * @returns whether it was not asked for before
 */
export function addRequest(port: BoardPort, storage: Storage, request: Request): boolean {
  const { notes } = storage;
  const asked = isAsked(port, storage, request);
  const line = requestLine(request);
  const size = port.statIn(notes, file)?.size ?? 0;
  if (!asked && size + line.length > maxBytes)
    throw new Refused('too many paths; the next boot does those that are asked for');
  // A line before it may lack its end.
  if (!asked) port.appendIn(notes, file, `\n${line}`);
  port.syncDirectory(notes);
  port.syncFileSystem(notes);
  return !asked;
}

/** Takes all requests back; they are done. */
export function forgetRequests(port: BoardPort, { notes }: Storage): void {
  port.removeIn(notes, file);
  port.syncDirectory(notes);
  port.syncFileSystem(notes);
}

export function requestLine({ generation, path }: Request): string {
  const body = `${word} 1 ${generation} ${escaped(path.map((name) => `/${name}`).join(''))}`;
  return `${body} end=${endOf(body)}\n`;
}

function endOf(body: string): string {
  const codes: number[] = [];
  for (let at = 0; at < body.length; at++) codes.push(body.charCodeAt(at));
  return `${body.length}.${checkNumber(codes)}`;
}

function parseRequest(line: string): Request | undefined {
  const [first, version, number, text, end, ...more] = line.split(' ');
  if (first !== word || version !== '1' || text === undefined || end === undefined || more.length > 0)
    return undefined;
  if (end !== `end=${endOf(line.slice(0, line.lastIndexOf(' end=')))}`) return undefined;
  const generation = generationNumber(number ?? '');
  const path = pathNames(unescaped(text));
  return generation === undefined || path === undefined ? undefined : { generation, path };
}

/** The names of an absolute path other than "/"; undefined for anything else, "." and ".." in it too. */
export function pathNames(path: string): readonly string[] | undefined {
  if (!path.startsWith('/')) return undefined;
  const names = path.split('/').filter((name) => name !== '');
  if (names.length === 0 || names.some((name) => name === '.' || name === '..')) return undefined;
  return names;
}

export interface Change {
  /** Descriptor of the directory that the change lies in; whoever asks closes it. */
  readonly directory: number;
  readonly name: string;
  /** Undefined where nothing is changed at this path. */
  readonly status: FileStatus | undefined;
}

/**
 * What an upper has at a path.
 * @param doing what is to be done there, for the reason
 * @throws Refused where a directory above it replaces the base's: forgetting the change would not bring the base's back
 */
export function findChange(
  port: BoardPort,
  upper: number,
  path: readonly string[],
  doing: 'reset' | 'commit' = 'reset',
): Change {
  let directory = port.openIn(upper, '.');
  for (const [depth, name] of path.entries()) {
    const status = port.statIn(directory, name);
    if (depth === path.length - 1 || status === undefined) return { directory, name, status };
    try {
      refuseHidden(port, directory, name, status, path.slice(0, depth + 1), doing);
      const next = port.openIn(directory, name);
      port.close(directory);
      directory = next;
    } catch (error) {
      port.close(directory);
      throw error;
    }
  }
  throw new Refused('the root itself: leave the path away');
}

function refuseHidden(
  port: BoardPort,
  directory: number,
  name: string,
  { mode, rdev }: FileStatus,
  path: readonly string[],
  doing: string,
): void {
  const refuse = (why: string): never => {
    throw new Refused(`/${oneLine(path.join('/'))} ${why}; ${doing} that instead`);
  };
  if (isWhiteout(mode, rdev)) refuse('was deleted');
  if (!isDirectory(mode)) refuse('was replaced by something else than a directory');
  if (port.attributeIn(directory, name, 'trusted.overlay.opaque') === 'y')
    refuse("replaces the base's directory");
  if (port.attributeIn(directory, name, 'trusted.overlay.redirect') !== undefined) refuse('was moved here');
}
