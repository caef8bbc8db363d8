/**
 * Where `bench` measures: a union of its own with the options of the running one, seen by this process alone. Its upper lies
 * on the storage beside the running one, so that both write to the same file system; its base is in memory, or the board's.
 */
import { boardPaths } from '../shared/helper-protocol.ts';
import { bytesOf } from './bytes.ts';
import { isRecord } from './plan.ts';
import { remove } from './remove.ts';
import { readPlan } from './settings.ts';
import { lockGenerations } from './storage.ts';
import type { BoardPort } from './storage-port.ts';
import { attempt, Refused } from './trouble.ts';
import type { Writable } from './writable.ts';

/**
 * Beside the state: a boot's sweep by the shell, which asks for no lock, knows nothing of it. That of the helper removes what a
 * power cut has left.
 */
const own = 'bench';
const memory = `${boardPaths.runDir}/bench`;

/** How the running union is mounted. */
export interface UnionMount {
  readonly fstype: string;
  readonly options: readonly string[];
}

export interface Scene {
  /** Memory: files put in here are in the base of every union that is mounted afterwards. */
  readonly lower: number;
  /** A directory on the storage, and none of a union. */
  readonly plain: number;
  /** The board's base through a union that changes nothing of it, and by itself. */
  readonly base: { readonly union: number; readonly plain: number };
  /** Mounts a union over `lower` with an empty upper for an action. */
  withUnion(action: (union: number) => void): void;
}

/** Names on the storage, and the places in memory that unions are mounted at. */
const overMemory = { upper: 'upper', work: 'work', target: `${memory}/union` };
const overBase = { upper: 'base-upper', work: 'base-work', target: `${memory}/base` };

/** @throws Refused where the plan does not say how the union of a rung is mounted */
export function readUnion(port: BoardPort, rung: string): UnionMount {
  const plan = readPlan(port);
  const ladder: readonly unknown[] = isRecord(plan) && Array.isArray(plan.ladder) ? plan.ladder : [];
  const found = ladder.filter(isRecord).find(({ name }) => name === rung);
  const steps: readonly unknown[] = Array.isArray(found?.steps) ? found.steps : [];
  for (const { fstype, options } of steps.filter(isRecord)) {
    if (typeof fstype !== 'string' || !Array.isArray(options)) continue;
    const words = (options as readonly unknown[]).filter((one) => typeof one === 'string') as string[];
    if (words.some((word) => placeOf(word) === 'lower')) return { fstype, options: words.map(bytesOf) };
  }
  throw new Refused(`the plan does not say how the union of rung "${rung}" is mounted`);
}

/** Where the storage takes what is measured, and what is locked meanwhile. */
export interface ScenePlace {
  /** A directory of the storage. */
  readonly path: string;
  readonly locked: string;
}

export function scenePlace({ volatile }: Pick<Writable, 'volatile'>): ScenePlace {
  const { storage } = boardPaths;
  if (volatile) return { path: storage, locked: storage };
  return { path: `${storage}/overlaykit`, locked: `${storage}/generations` };
}

/**
 * Makes it, and takes it away again however the action ends. What an earlier run had to leave goes first.
 * @param bytes size of the memory for `lower`
 * @throws Refused where something else works on the generations, or the union cannot be mounted a second time
 */
export function withScene(
  port: BoardPort,
  place: ScenePlace,
  union: UnionMount,
  bytes: number,
  action: (scene: Scene) => void,
): void {
  const [above = -1, generations = -1] = [place.path, place.locked].map((path) =>
    attempt(`cannot open ${path}`, () => port.openDirectory(path)),
  );
  lockGenerations(port, { generations });
  sweepScene(port, above);
  attempt('cannot have mounts of its own', () => port.separateMounts());
  port.mkdir(memory);
  attempt('cannot have memory for the base', () =>
    port.mount('overlaykit', memory, 'tmpfs', 0, `mode=700,size=${bytes}`),
  );
  try {
    for (const path of [`${memory}/lower`, overMemory.target, overBase.target]) port.mkdir(path);
    port.makeDirectoryIn(above, own, 0o700);
    act(port, `${place.path}/${own}`, port.openIn(above, own), union, action);
  } finally {
    port.detach(memory);
    const run = port.openDirectory(boardPaths.runDir);
    port.removeDirectoryIn(run, 'bench');
    port.close(run);
    sweepScene(port, above);
    for (const one of [above, generations]) port.close(one);
  }
}

/**
 * Removes what a bench has left; whoever asks has the lock.
 * @param above the directory it lies in
 */
export function sweepScene(port: BoardPort, above: number): 'missing' | 'removed' | 'stuck' {
  if (port.statIn(above, own) === undefined) return 'missing';
  const { lines } = remove(port, above, own, own);
  for (const line of lines) port.complain(`overlay_helper: ${line}`);
  return lines.length === 0 ? 'removed' : 'stuck';
}

function act(
  port: BoardPort,
  path: string,
  directory: number,
  union: UnionMount,
  action: (scene: Scene) => void,
): void {
  port.makeDirectoryIn(directory, 'plain', 0o700);
  const mounted = (lower: string, { upper, work, target }: typeof overMemory, use: (at: number) => void) => {
    for (const name of [upper, work]) {
      remove(port, directory, name, `${path}/${name}`);
      port.makeDirectoryIn(directory, name, 0o755);
    }
    const data = dataAt(union, { lower, upper: `${path}/${upper}`, work: `${path}/${work}` });
    attempt(`cannot mount ${union.fstype} once more`, () =>
      port.mount(union.fstype, target, union.fstype, 0, data),
    );
    const top = port.openDirectory(target);
    try {
      use(top);
    } finally {
      port.close(top);
      port.detach(target);
    }
  };
  const lower = port.openDirectory(`${memory}/lower`);
  const plain = port.openIn(directory, 'plain');
  const base = port.openDirectory(boardPaths.oldRoot);
  try {
    mounted(boardPaths.oldRoot, overBase, (at) =>
      action({
        lower,
        plain,
        base: { union: at, plain: base },
        withUnion: (use) => mounted(`${memory}/lower`, overMemory, use),
      }),
    );
  } finally {
    for (const open of [lower, plain, base, directory]) port.close(open);
  }
}

/** What mount(2) is given for a union with the options of the running one, at other places. */
export function dataAt({ options }: UnionMount, at: Readonly<Record<Place, string>>): string {
  return options
    .filter((option) => option !== 'rw')
    .map((option) => moved(option, at))
    .join(',');
}

type Place = 'lower' | 'upper' | 'work';

/** What an option of a union names; undefined where it names no place. */
function placeOf(option: string): Place | undefined {
  const name = option.slice(0, option.indexOf('='));
  return places[name];
}

/** overlay and overlayfs, and mini_fo. */
const places: Readonly<Record<string, Place>> = {
  lowerdir: 'lower',
  base: 'lower',
  upperdir: 'upper',
  sto: 'upper',
  workdir: 'work',
};

function moved(option: string, at: Readonly<Record<Place, string>>): string {
  const place = placeOf(option);
  return place === undefined ? option : `${option.slice(0, option.indexOf('='))}=${at[place]}`;
}
