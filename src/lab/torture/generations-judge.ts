/** Judges generations on a storage: each that has to be there is whole, and the state says what was acknowledged. Pure. */
import { type Action, forgetting, type Generations, generationAt, type Limits } from './generations-model.ts';
import { type Expectation, expectationAfter, type Finding, judgeTree, type SeenTree } from './judge.ts';
import { type BootState, countingState, generationToBoot, type StorageView } from './storage-view.ts';
import { restored } from './tree.ts';

/** Where a board is: before an action, and after it where one is under way. */
export interface Place {
  readonly before: Generations;
  readonly action: Action | undefined;
  readonly after: Generations;
}

/** What lies on the storage. */
export function judgeGenerations(view: StorageView, place: Place, limits: Limits): readonly Finding[] {
  const numbers = new Set([...place.before.all.keys(), ...place.after.all.keys()]);
  return [
    ...judgeState(view, place, limits),
    ...[...numbers].flatMap((number) => judgeGeneration(view, number, place)),
    ...unknown(view, numbers),
  ];
}

/** What a booted board shows: one of the generations that may boot here, whole; its boot has forgotten what was asked. */
export function judgeBooted(seen: SeenTree, place: Place, limits: Limits): readonly Finding[] {
  const possible = bootable(place, limits).flatMap((number) =>
    number === undefined ? [[]] : bootedAs(place, number).map((one) => judgeTree(seen, one)),
  );
  return possible.some((findings) => findings.length === 0) ? [] : (possible[0] ?? []);
}

function bootedAs(place: Place, number: number): readonly Expectation[] {
  return [place.before, place.after].flatMap(({ requests }) => {
    const paths = requests.filter(({ generation }) => generation === number).map(({ path }) => path);
    return expectationsOf(place, number).map((one) => without(one, paths));
  });
}

/** What may be there once the changes at some paths are forgotten. */
function without({ tree, underWay, earlier }: Expectation, paths: readonly string[]): Expectation {
  const isForgotten = ({ path }: { readonly path: string }): boolean =>
    paths.some((one) => path === one || path.startsWith(`${one}/`));
  return {
    tree: restored(tree, paths),
    underWay: underWay.filter((touch) => !isForgotten(touch)),
    earlier,
  };
}

function judgeState({ slots }: StorageView, { before, action, after }: Place, limits: Limits) {
  const state = countingState(slots);
  if (state === undefined && before.state === undefined) return [];
  if (state === undefined) return [{ fault: 'lost', reason: 'no slot of the state is whole' }] as const;
  const legal = [before.state, after.state].filter((one) => one !== undefined);
  if (legal.some((one) => isSame(one, state))) return [];
  const number = generationToBoot(state, limits.attempts);
  if (action?.kind === 'boot' && bootable({ before, action, after }, limits).includes(number)) return [];
  return [
    { fault: 'lost', reason: `the state says ${said(state)}, not ${legal.map(said).join(' or ')}` },
  ] as const;
}

function judgeGeneration({ trees }: StorageView, number: number, place: Place): readonly Finding[] {
  const seen = trees.get(`generations/${number}/upper`);
  const hasToBeThere = place.before.all.has(number) && place.after.all.has(number);
  if (seen !== undefined)
    return judgeAny(seen, place, number).map(({ fault, reason }) => ({
      fault,
      reason: `generation ${number}: ${reason}`,
    }));
  return hasToBeThere ? [{ fault: 'lost', reason: `generation ${number} is gone` }] : [];
}

function unknown({ trees }: StorageView, numbers: ReadonlySet<number>): readonly Finding[] {
  return [...trees.keys()].flatMap((path) => {
    const number = /^generations\/(\d+)\/upper$/.exec(path)?.[1];
    if (number === undefined || numbers.has(Number(number))) return [];
    return [{ fault: 'mixed', reason: `there is a generation ${number}, which nobody has made` }] as const;
  });
}

/** A boot that is under way has forgotten what it was asked to, or some of it, or nothing yet. */
function judgeAny(seen: SeenTree, place: Place, number: number): readonly Finding[] {
  const verdicts = expectationsOf(place, number).map((one) => judgeTree(seen, one));
  return verdicts.some((findings) => findings.length === 0) ? [] : (verdicts[0] ?? []);
}

function expectationsOf({ before, action, after }: Place, number: number): readonly Expectation[] {
  const from = before.all.has(number) ? before : after;
  const operation = action !== undefined && 'operation' in action ? action.operation : undefined;
  const next = operation !== undefined && number === before.booted ? [operation] : [];
  const possible = action?.kind === 'boot' ? forgetting(from, number) : [generationAt(from, number)];
  return possible.map(({ operations, base }) =>
    expectationAfter([...operations, ...next], operations.length, base),
  );
}

/** The generations that the next boot may take here. */
function bootable({ before, after }: Place, { attempts }: Limits): readonly (number | undefined)[] {
  return [before.state, after.state].map((state) =>
    state === undefined ? 1 : generationToBoot(state, attempts),
  );
}

function isSame(a: BootState, b: BootState): boolean {
  return said(a) === said(b);
}

function said({ active, previous, trying, attempts }: BootState): string {
  return `active=${active} previous=${previous ?? '-'} trying=${trying ?? '-'} attempts=${attempts}`;
}
