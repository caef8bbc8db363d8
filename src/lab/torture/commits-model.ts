/**
 * What a board in memory may leave on its storage, for the checker: the generations that commits have made, and what the
 * upper in memory has. Written from docs/decisions/0007; it shares nothing with the helper's own. Pure.
 */
import { type Finding, isTree, judgeTree, type SeenTree } from './judge.ts';
import { apply, commandOf, type Operation, touches } from './operation.ts';
import type { Random } from './random.ts';
import { countingState, type StorageView } from './storage-view.ts';
import { factoryTree, folderPaths, loadFolder, type Tree } from './tree.ts';

/** What is stored. Before the first commit nothing has to be. */
export interface Stored {
  readonly active: number | undefined;
  readonly previous: number | undefined;
  readonly trees: ReadonlyMap<number, Tree>;
  readonly next: number;
}

export const blankStored: Stored = { active: undefined, previous: undefined, trees: new Map(), next: 2 };

/** What runs in memory: what its union shows, and the paths that were ever touched. */
export interface Memory {
  readonly tree: Tree;
  readonly touched: ReadonlySet<string>;
}

export const freshMemory: Memory = { tree: factoryTree, touched: new Set() };

export function afterOperation({ tree, touched }: Memory, operation: Operation): Memory {
  const paths = touches(operation, tree).map(({ path }) => path);
  return { tree: apply(operation, tree), touched: new Set([...touched, ...paths]) };
}

/** Paths that the upper in memory has something at: a content, or a whiteout over what the read-only root has. */
function changedIn({ tree, touched }: Memory, folder: string): readonly string[] {
  return [...touched].filter(
    (path) =>
      (folder === '' || path === folder || path.startsWith(`${folder}/`)) &&
      (tree.has(path) || factoryTree.has(path)),
  );
}

/** Folders that something can be committed of; '' is the whole load. */
export function committable(memory: Memory): readonly string[] {
  return ['', ...folderPaths].filter((folder) => changedIn(memory, folder).length > 0);
}

/** What the storage has after a commit of the folder. */
export function afterCommit(stored: Stored, memory: Memory, folder: string): Stored {
  const tree = new Map(stored.active === undefined ? factoryTree : stored.trees.get(stored.active));
  for (const path of changedIn(memory, folder)) {
    const entry = memory.tree.get(path);
    if (entry === undefined) tree.delete(path);
    else tree.set(path, entry);
  }
  const first = stored.active === undefined ? ([[1, factoryTree]] as const) : [];
  return {
    active: stored.next,
    previous: stored.active ?? 1,
    trees: new Map([...stored.trees, ...first, [stored.next, tree]]),
    next: stored.next + 1,
  };
}

export function commitCommand(folder: string): string {
  return `overlay_helper commit ${loadFolder}${folder === '' ? '' : `/${folder}`}`;
}

export function writeCommand(operation: Operation): string {
  return commandOf(operation);
}

export function chooseFolder(memory: Memory, random: Random): string | undefined {
  const folders = committable(memory);
  return folders.length === 0 ? undefined : random.pick(folders);
}

/** What lies on the storage: the state is the one before or the one after, and every generation there is is whole. */
export function judgeStored(view: StorageView, before: Stored, after: Stored): readonly Finding[] {
  const state = countingState(view.slots);
  const found = state === undefined ? undefined : { active: state.active, previous: state.previous };
  const legal = [before, after].some((one) => isState(one, found));
  return [
    ...(legal
      ? []
      : [{ fault: 'lost', reason: `the state says ${said(found)}, not ${said(before)}` } as const]),
    ...needed(found).flatMap((number) => judgeGeneration(view, number, after, true)),
    ...[...view.trees.keys()].flatMap((path) => {
      const number = Number(/^generations\/(\d+)\/upper$/.exec(path)?.[1] ?? Number.NaN);
      return Number.isNaN(number) ? [] : judgeGeneration(view, number, after, false);
    }),
  ];
}

type Named = Pick<Stored, 'active' | 'previous'>;

/** Before the first commit there may be no state, or the one of an empty first generation. */
function isState(stored: Stored, found: Named | undefined): boolean {
  if (stored.active === undefined)
    return found === undefined || (found.active === 1 && found.previous === undefined);
  return found?.active === stored.active && found.previous === stored.previous;
}

function needed(found: Named | undefined): readonly number[] {
  return [found?.active, found?.previous].filter((number) => number !== undefined);
}

function judgeGeneration(
  { trees }: StorageView,
  number: number,
  after: Stored,
  needed: boolean,
): readonly Finding[] {
  const seen = trees.get(`generations/${number}/upper`);
  const tree = number === 1 ? factoryTree : after.trees.get(number);
  if (seen === undefined) return needed ? [{ fault: 'lost', reason: `generation ${number} is gone` }] : [];
  if (tree === undefined)
    return [{ fault: 'mixed', reason: `there is a generation ${number}, which nobody has made` }];
  return judgeTree(seen, { tree, underWay: [], earlier: new Map() }).map(({ fault, reason }) => ({
    fault,
    reason: `generation ${number}: ${reason}`,
  }));
}

/** What a boot from the storage shows. */
export function judgeStoredBoot(seen: SeenTree, before: Stored, after: Stored): readonly Finding[] {
  const possible = [before, after].map((one) =>
    one.active === undefined ? factoryTree : (one.trees.get(one.active) ?? factoryTree),
  );
  if (possible.some((tree) => isTree(seen, tree))) return [];
  return [{ fault: 'mixed', reason: 'booted, it is neither as before the commit nor as after it' }];
}

function said(state: Named | undefined): string {
  return `active=${state?.active ?? '-'} previous=${state?.previous ?? '-'}`;
}
