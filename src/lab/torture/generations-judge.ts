/** Judges generations on a storage: each that has to be there is whole, and the state says what was acknowledged. Pure. */
import { type Action, type Generations, generationAt, type Limits } from './generations-model.ts';
import { type Expectation, expectationAfter, type Finding, judgeTree, type SeenTree } from './judge.ts';
import { type BootState, countingState, generationToBoot, type StorageView } from './storage-view.ts';

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

/** What a booted board shows: one of the generations that may boot here, whole. */
export function judgeBooted(seen: SeenTree, place: Place, limits: Limits): readonly Finding[] {
  const possible = bootable(place, limits).map((number) =>
    number === undefined ? [] : judgeTree(seen, expectationOf(place, number)),
  );
  return possible.some((findings) => findings.length === 0) ? [] : (possible[0] ?? []);
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
    return judgeTree(seen, expectationOf(place, number)).map(({ fault, reason }) => ({
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

function expectationOf({ before, action, after }: Place, number: number): Expectation {
  const from = before.all.has(number) ? before : after;
  const { operations, base } = generationAt(from, number);
  const next = action?.kind === 'write' && number === before.booted ? [action.operation] : [];
  return expectationAfter([...operations, ...next], operations.length, base);
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
