/** What makes one board differ from the next: which paths, what of them is stored, and bringing the store up to date. */
import { bytesOf } from './bytes.ts';
import { findIn, isSame, makeVersion, newestVersion, type Source, type Version } from './identity-store.ts';
import { isDirectoryPath, isRecord, isWithin } from './plan.ts';
import { pathNames } from './reset-paths.ts';
import { readPlan } from './settings.ts';
import type { Storage } from './storage.ts';
import type { BoardPort } from './storage-port.ts';
import { oneLine } from './trouble.ts';
import { openUpper } from './upper.ts';

export interface StoredPath {
  /** Names on the way; byte strings. */
  readonly path: readonly string[];
  readonly policy: 'keep' | 'provisioned';
}

/** What the plan lists; nothing where it cannot be read. */
export function readIdentity(port: BoardPort): readonly StoredPath[] {
  const plan = readPlan(port);
  const listed: readonly unknown[] = isRecord(plan) && Array.isArray(plan.identity) ? plan.identity : [];
  return listed.map(storedPath).filter((one): one is StoredPath => one !== undefined);
}

function storedPath(one: unknown): StoredPath | undefined {
  if (!isRecord(one) || !isDirectoryPath(one.path)) return undefined;
  const path = pathNames(bytesOf(one.path));
  if (path === undefined || (one.policy !== 'keep' && one.policy !== 'provisioned')) return undefined;
  return { path, policy: one.policy };
}

/** The paths that should have been provisioned, and were not. */
export function unprovisioned(port: BoardPort, storage: Storage): readonly string[] {
  const wanted = readIdentity(port).filter(({ policy }) => policy === 'provisioned');
  if (wanted.length === 0) return [];
  const newest = newestVersion(port, storage);
  return wanted.filter(({ path }) => !has(port, newest, path)).map(({ path }) => pathOf(path));
}

/** For people: in one line of printable ASCII. */
export function pathOf(path: readonly string[]): string {
  return `/${oneLine(path.join('/'))}`;
}

/** Whether one path is another one, lies inside it, or around it. */
export function overlap(one: readonly string[], other: readonly string[]): boolean {
  const [shorter, longer] = one.length < other.length ? [one, other] : [other, one];
  return isWithin(`/${longer.join('/')}`, `/${shorter.join('/')}`);
}

/** The file that says which generation had the identity last; see bring_identity in rootfs-scripts. */
const marker = 'identity.generation';

/** Lets the next boot bring the identity in again. */
export function forgetMarker(port: BoardPort, { notes }: Storage): void {
  port.removeIn(notes, marker);
}

/**
 * Stores what the running generation has at the paths of policy keep, where it differs from what is stored.
 * @returns whether anything was stored
 */
export function storeIdentity(port: BoardPort, storage: Storage, booted: number): boolean {
  const listed = readIdentity(port);
  if (!listed.some(({ policy }) => policy === 'keep')) return false;
  // Where the identity could not be brought in, what the upper has is not it.
  if (port.readIn(storage.notes, marker, 64) !== `generation ${booted} end\n`) return false;
  const upper = openUpper(port, storage, booted);
  const newest = newestVersion(port, storage);
  const sources = listed
    .map(({ path, policy }) =>
      policy === 'keep' && findIn(port, upper, path) !== undefined
        ? { path, tree: upper }
        : stored(port, newest, path),
    )
    .filter(isSource);
  if (sources.every((source) => isStored(port, newest, source))) return false;
  makeVersion(port, storage, newest.number, sources);
  return true;
}

/** Stores what the running system has at these paths, beside all else that is stored. */
export function provisionPaths(
  port: BoardPort,
  storage: Storage,
  paths: readonly (readonly string[])[],
): void {
  const root = port.openDirectory('/');
  const newest = newestVersion(port, storage);
  const sources = readIdentity(port)
    .map(({ path }) =>
      paths.some((given) => pathOf(given) === pathOf(path))
        ? { path, tree: root }
        : stored(port, newest, path),
    )
    .filter(isSource);
  makeVersion(port, storage, newest.number, sources);
}

function has(port: BoardPort, { root }: Version, path: readonly string[]): boolean {
  return root !== undefined && findIn(port, root, path) !== undefined;
}

function stored(port: BoardPort, newest: Version, path: readonly string[]): Source | undefined {
  const { root } = newest;
  return root !== undefined && has(port, newest, path) ? { path, tree: root } : undefined;
}

function isSource(source: Source | undefined): source is Source {
  return source !== undefined;
}

function isStored(port: BoardPort, { root }: Version, { path, tree }: Source): boolean {
  if (tree === root) return true;
  const now = findIn(port, tree, path);
  const then = root === undefined ? undefined : findIn(port, root, path);
  return now !== undefined && then !== undefined && isSame(port, now, then);
}
