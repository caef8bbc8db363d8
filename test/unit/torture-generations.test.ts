/** The checker's own generations: its model follows docs/decisions/0005, its judge finds what does not. */
import test from 'ava';
import fc from 'fast-check';
import { judgeBooted, judgeGenerations, type Place } from '../../src/lab/torture/generations-judge.ts';
import {
  type Action,
  afterAction,
  blank,
  chooseAction,
  type Generations,
  generationAt,
} from '../../src/lab/torture/generations-model.ts';
import { type SeenTree, seenOf } from '../../src/lab/torture/judge.ts';
import { Random } from '../../src/lab/torture/random.ts';
import type { StorageView } from '../../src/lab/torture/storage-view.ts';
import { sharedOut } from '../../src/lab/torture/torture.ts';
import type { Tree } from '../../src/lab/torture/tree.ts';
import { stateLine } from '../../src/shared/state.ts';

const limits = { attempts: 3, most: 4 } as const;

/** A life of a board: boots, and what it does in each. */
function life(seed: number, length: number): readonly Place[] {
  const places: Place[] = [];
  let before: Generations = blank;
  for (let number = 1; number <= length; number += 1) {
    const action = before === blank ? boot : nextAction(before, number, new Random(`${seed}/${number}`));
    const after = afterAction(before, action, limits);
    places.push({ before, action, after });
    before = after;
  }
  return places;
}

const boot: Action = { kind: 'boot' };

/** A board is not booted again where it has to confirm first. */
function nextAction(before: Generations, number: number, random: Random): Action {
  const action = chooseAction(before, number, limits, random);
  return action.kind !== 'confirm' && random.chance(0.2) ? boot : action;
}

/** Generations as a storage has them; the slots are written by the code under test, so both have to agree on the form. */
function viewOf({ state, all, next }: Generations, seq = 1): StorageView {
  const slots = state === undefined ? [] : [stateLine({ ...state, seq, next, reset: undefined })];
  return {
    request: false,
    slots,
    trees: new Map([...all].map(([n, { tree }]) => [`generations/${n}/upper`, seen(tree)])),
  };
}

function seen(tree: Tree): SeenTree {
  return new Map([...tree].map(([path, entry]) => [path, seenOf(entry)]));
}

const lives = fc.record({ seed: fc.nat(), at: fc.integer({ min: 1, max: 59 }) });
const placeOf = ({ seed, at }: { seed: number; at: number }): Place => {
  const place = life(seed, 60)[at];
  if (place === undefined) throw new Error('no such place');
  return place;
};
const faults = (view: StorageView, place: Place): readonly string[] =>
  judgeGenerations(view, place, limits).map(({ fault }) => fault);

test('every action comes up, and nothing ever boots that is not there', (t) => {
  const kinds = new Set([1, 2, 3, 4].flatMap((seed) => life(seed, 100).map(({ action }) => action?.kind)));
  t.deepEqual([...kinds].toSorted(), [
    ...['boot', 'confirm', 'drop', 'reset-path', 'rollback', 'snapshot', 'try', 'write'],
  ]);
  t.notThrows(() =>
    fc.assert(
      fc.property(lives, (one) => {
        const { after } = placeOf(one);
        return generationAt(after, after.booted) !== undefined && after.all.size <= limits.most;
      }),
    ),
  );
});

test('a generation that is tried in vain is given up; one that is not confirmed is replaced by the previous', (t) => {
  const run = (...actions: readonly Action[]): Generations =>
    actions.reduce((now, action) => afterAction(now, action, limits), blank);
  const snapshot = { kind: 'snapshot', number: 2 } as const;
  const tried = [boot, snapshot, { kind: 'try', number: 2 }] as const;
  t.like(run(...tried, boot, boot, boot), { booted: 2, state: { active: 1, trying: 2, attempts: 3 } });
  t.like(run(...tried, boot, boot, boot, boot), {
    booted: 1,
    state: { active: 1, trying: undefined, attempts: 1 },
  });
  const taken = [...tried, boot, { kind: 'confirm' }] as const;
  t.like(run(...taken), { booted: 2, state: { active: 2, previous: 1, trying: undefined, attempts: 0 } });
  t.like(run(...taken, boot, boot, boot, boot), {
    booted: 1,
    state: { active: 1, previous: undefined, attempts: 1 },
  });
  t.like(run(...taken, { kind: 'rollback', number: undefined }, boot), {
    booted: 1,
    state: { active: 1, previous: 2 },
  });
  t.throws(() => run(boot, boot, boot, boot), { instanceOf: RangeError });
});

test('before and after an action are both fine while it is under way', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(lives, (one) => {
        const place = placeOf(one);
        const found = [...faults(viewOf(place.before), place), ...faults(viewOf(place.after), place)];
        return found.length === 0;
      }),
    ),
  );
});

test('what boots next is one of the generations that may, whole', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(lives, (one) => {
        const { after } = placeOf(one);
        const idle = { before: after, action: undefined, after };
        const next = afterAction(after, { kind: 'boot' }, limits);
        const tree = generationAt(next, next.booted).tree;
        const half = new Map([...seen(tree)].slice(1));
        return (
          judgeBooted(seen(tree), idle, limits).length === 0 && judgeBooted(half, idle, limits).length > 0
        );
      }),
    ),
  );
});

test('a generation that is gone, changed or made by nobody is found, and so is a state that is not true', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(lives, (one) => {
        const { after } = placeOf(one);
        const place = { before: after, action: undefined, after };
        const view = viewOf(after);
        const path = `generations/${after.booted}/upper`;
        const change = (trees: (all: Map<string, SeenTree>) => void): StorageView => {
          const copy = new Map(view.trees);
          trees(copy);
          return { ...view, trees: copy };
        };
        const half = new Map([...(view.trees.get(path) ?? [])].slice(1));
        t.deepEqual(faults(view, place), []);
        t.deepEqual(
          faults(
            change((all) => all.delete(path)),
            place,
          ),
          ['lost'],
        );
        t.deepEqual(
          faults(
            change((all) => all.set(path, half)),
            place,
          ),
          ['lost'],
        );
        t.deepEqual(
          faults(
            change((all) => all.set('generations/99/upper', half)),
            place,
          ),
          ['mixed'],
        );
        t.deepEqual(
          faults(
            change((all) => all.set('generations/99.partial/upper', half)),
            place,
          ),
          [],
        );
        const attempts = (after.state?.attempts ?? 0) + 1;
        const other = {
          ...after,
          state: after.state === undefined ? undefined : { ...after.state, attempts },
        };
        t.deepEqual(faults({ ...view, slots: viewOf(other).slots }, place), ['lost']);
        t.deepEqual(faults({ ...view, slots: ['noise'] }, place), ['lost']);
      }),
      { numRuns: 40 },
    ),
  );
});

test('cuts are shared out, all of them', (t) => {
  for (const cuts of [1, 3, 4, 100, 1001]) {
    for (const withHelper of [true, false]) {
      const [memory, upgrade] = [cuts !== 100, cuts !== 1001];
      const plan = sharedOut(cuts, { helper: withHelper, memory, upgrade });
      t.is(
        plan.reduce((sum, one) => sum + one.cuts, 0),
        cuts,
      );
      t.true(plan.every((one) => one.boots >= 1 && one.boots <= one.cuts));
      t.is(
        plan.some(({ scenario }) => scenario === 'generations'),
        withHelper && cuts >= 5,
      );
      t.is(
        plan.some(({ scenario }) => scenario === 'commits'),
        withHelper && cuts >= 5 && memory,
      );
      const upgrades = plan.find(({ scenario }) => scenario === 'upgrade');
      t.is(upgrades !== undefined, withHelper && cuts >= 5 && upgrade);
      t.is(upgrades?.boots, upgrades?.cuts, 'what an upgrade comes to shows only in a boot');
    }
  }
});
