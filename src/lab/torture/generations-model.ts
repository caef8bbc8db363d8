/**
 * Generations as docs/decisions/0005 has them, for the checker: what each action makes of them, chosen by chance, said as
 * a command. Pure; it shares nothing with the helper's own.
 */
import { apply, chooseOperation, commandOf, type Operation } from './operation.ts';
import type { Random } from './random.ts';
import { type BootState, generationToBoot } from './storage-view.ts';
import { type Entry, factoryTree, filePaths, folderPaths, loadFolder, restored, type Tree } from './tree.ts';

/** One upper: what it began with, and what was done to it. */
export interface Generation {
  readonly base: Tree;
  readonly operations: readonly Operation[];
  readonly tree: Tree;
}

export interface Generations {
  /** Undefined before the first boot. */
  readonly state: BootState | undefined;
  readonly next: number;
  readonly all: ReadonlyMap<number, Generation>;
  /** The one that runs. */
  readonly booted: number;
  /** What the next boot is asked to forget. */
  readonly requests: readonly Request[];
}

/** That the changes at a path of a generation are to be forgotten. */
export interface Request {
  readonly generation: number;
  readonly path: string;
}

export type Action =
  | { readonly kind: 'boot' }
  | { readonly kind: 'write'; readonly operation: Operation }
  | { readonly kind: 'name'; readonly number: number }
  | { readonly kind: 'snapshot'; readonly number: number }
  | { readonly kind: 'try'; readonly number: number }
  /** With an operation that is under way at the same time. */
  | { readonly kind: 'confirm'; readonly operation?: Operation }
  | { readonly kind: 'reset-path'; readonly path: string }
  | { readonly kind: 'rollback'; readonly number: number | undefined }
  | { readonly kind: 'drop'; readonly number: number };

/** What a running board can do. */
export type RunningAction = Exclude<Action, { kind: 'boot' }>;

export const blank: Generations = { state: undefined, next: 1, all: new Map(), booted: 0, requests: [] };

/** What the board file says of generations. */
export interface Limits {
  /** Boots that may go unconfirmed. */
  readonly attempts: number;
  /** Most generations. */
  readonly most: number;
}

/** What the action makes of them. @throws RangeError where 0005 knows nothing that could boot */
export function afterAction(before: Generations, action: Action, limits: Limits): Generations {
  const { state, all, booted, next } = before;
  switch (action.kind) {
    case 'boot':
      return state === undefined ? firstBoot : boot(before, state, limits);
    case 'write':
      return written(before, action.operation);
    case 'reset-path':
      return { ...before, requests: [...before.requests, { generation: booted, path: action.path }] };
    case 'name':
      return before;
    case 'snapshot': {
      const { tree } = generationAt(before, booted);
      return {
        ...before,
        next: next + 1,
        all: new Map(all).set(action.number, { base: tree, operations: [], tree }),
      };
    }
    case 'try':
      return withState(before, { trying: action.number, attempts: 0 });
    case 'confirm': {
      const now = action.operation === undefined ? before : written(before, action.operation);
      return withState(now, confirmed(stateOf(now), booted));
    }
    case 'rollback':
      return withState(before, rolledBack(stateOf(before), action.number));
    case 'drop': {
      const left = new Map(all);
      left.delete(action.number);
      const without = { ...before, all: left };
      return state?.previous === action.number ? withState(without, { previous: undefined }) : without;
    }
  }
}

function written(before: Generations, operation: Operation): Generations {
  const one = generationAt(before, before.booted);
  const operations = [...one.operations, operation];
  const next = { ...one, operations, tree: apply(operation, one.tree) };
  return { ...before, all: new Map(before.all).set(before.booted, next) };
}

const firstBoot: Generations = {
  state: { active: 1, previous: undefined, trying: undefined, attempts: 1 },
  next: 2,
  all: new Map([[1, { base: factoryTree, operations: [], tree: factoryTree }]]),
  booted: 1,
  requests: [],
};

/** What the boot makes of a generation whose changes at some paths are to be forgotten, request by request. */
export function forgetting({ all, requests }: Generations, number: number): readonly Generation[] {
  const steps = [generationAt({ all }, number)];
  for (const { generation, path } of requests) {
    if (generation !== number) continue;
    const tree = restored(steps.at(-1)?.tree ?? factoryTree, [path]);
    steps.push({ base: tree, operations: [], tree });
  }
  return steps;
}

function forgotten(before: Generations): Generations {
  const all = [...before.all.keys()].map(
    (number) => [number, forgetting(before, number).at(-1) ?? generationAt(before, number)] as const,
  );
  return { ...before, all: new Map(all), requests: [] };
}

function boot(before: Generations, state: BootState, { attempts: limit }: Limits): Generations {
  const number = generationToBoot(state, limit);
  if (number === undefined) throw new RangeError('no generation may boot');
  const counted = { attempts: state.attempts < limit ? state.attempts + 1 : 1 };
  const givenUp = state.attempts < limit ? {} : { trying: undefined };
  const replaced = number === state.previous && state.trying === undefined && state.attempts >= limit;
  const back = replaced ? { active: number, previous: undefined } : {};
  return { ...withState(forgotten(before), { ...counted, ...givenUp, ...back }), booted: number };
}

function confirmed(state: BootState, booted: number): Partial<BootState> {
  if (state.trying !== booted) return { attempts: 0 };
  return { active: booted, previous: state.active, trying: undefined, attempts: 0 };
}

/** Without a number: what is tried is not any more, else the previous one. */
function rolledBack(state: BootState, number: number | undefined): Partial<BootState> {
  if (number === undefined && state.trying !== undefined) return { trying: undefined, attempts: 0 };
  const active = number ?? state.previous ?? state.active;
  return { active, previous: state.active, trying: undefined, attempts: 0 };
}

function withState(before: Generations, change: Partial<BootState>): Generations {
  return { ...before, state: { ...stateOf(before), ...change } };
}

/** Chooses the next action of a running board; `number` is that of the next operation. */
export function chooseAction(
  now: Generations,
  number: number,
  limits: Limits,
  random: Random,
): RunningAction {
  const state = stateOf(now);
  const mayConfirm = now.booted === state.active || now.booted === state.trying;
  // One more boot without it would leave nothing that may boot.
  if (mayConfirm && state.trying === undefined && state.attempts >= limits.attempts - 1)
    return { kind: 'confirm' };
  const { tree } = generationAt(now, now.booted);
  const kind = random.fraction();
  if (kind < 0.15 && now.all.size < limits.most) return { kind: 'snapshot', number: now.next };
  if (kind < 0.3) {
    const others = [...now.all.keys()].filter((one) => one !== state.active && one !== state.trying);
    if (others.length > 0) return { kind: 'try', number: random.pick(others) };
  }
  if (kind < 0.45 && mayConfirm) {
    if (random.chance(0.5)) return { kind: 'confirm' };
    return { kind: 'confirm', operation: chooseOperation(number, tree, random) };
  }
  if (kind < 0.55) {
    if (state.trying !== undefined || state.previous !== undefined)
      return { kind: 'rollback', number: undefined };
  }
  if (kind < 0.65 || now.all.size >= limits.most) {
    const idle = [...now.all.keys()].filter((one) => ![state.active, state.trying, now.booted].includes(one));
    if (idle.length > 0) return { kind: 'drop', number: random.pick(idle) };
  }
  if (kind < 0.75) {
    const changed = [...folderPaths, ...filePaths].filter((path) => isChanged(tree, path));
    if (changed.length > 0) return { kind: 'reset-path', path: random.pick(changed) };
  }
  return { kind: 'write', operation: chooseOperation(number, tree, random) };
}

/** Whether the upper certainly has something there. */
function isChanged(tree: Tree, path: string): boolean {
  const [now, factory] = [tree, factoryTree].map((one) => [...restored(new Map(), [path], one)]);
  return JSON.stringify(now?.map(digest).toSorted()) !== JSON.stringify(factory?.map(digest).toSorted());
}

function digest([path, entry]: readonly [string, Entry]): string {
  return entry.kind === 'folder'
    ? path
    : `${path} ${entry.mode} ${Buffer.from(entry.bytes).toString('base64')}`;
}

/** The command that does it. */
export function actionCommand(action: RunningAction): string {
  switch (action.kind) {
    case 'write':
      return commandOf(action.operation);
    case 'name':
      return `overlay_helper name ${action.number} generation-${action.number}`;
    case 'snapshot':
      return `overlay_helper snapshot generation-${action.number}`;
    case 'confirm':
      return action.operation === undefined
        ? 'overlay_helper confirm'
        : `( ${commandOf(action.operation)} ) & writing=$!; overlay_helper confirm && wait $writing`;
    case 'reset-path':
      return `overlay_helper reset ${loadFolder}/${action.path}`;
    case 'rollback':
      return `overlay_helper rollback ${action.number ?? ''}`;
    case 'try':
    case 'drop':
      return `overlay_helper ${action.kind} ${action.number}`;
  }
}

export function stateOf({ state }: Generations): BootState {
  if (state === undefined) throw new RangeError('the board was not booted yet');
  return state;
}

export function generationAt({ all }: Pick<Generations, 'all'>, number: number): Generation {
  const one = all.get(number);
  if (one === undefined) throw new RangeError(`there is no generation ${number}`);
  return one;
}
