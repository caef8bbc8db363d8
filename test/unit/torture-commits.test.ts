/** The checker's own commits: its model follows docs/decisions/0007, its judge finds what does not. */
import test from 'ava';
import fc from 'fast-check';
import {
  afterCommit,
  afterOperation,
  blankStored,
  chooseFolder,
  freshMemory,
  judgeStored,
  judgeStoredBoot,
  type Stored,
} from '../../src/lab/torture/commits-model.ts';
import { type SeenTree, seenOf } from '../../src/lab/torture/judge.ts';
import { chooseOperation, type Operation } from '../../src/lab/torture/operation.ts';
import { Random } from '../../src/lab/torture/random.ts';
import type { StorageView } from '../../src/lab/torture/storage-view.ts';
import { factoryTree, type Tree } from '../../src/lab/torture/tree.ts';
import { stateLine } from '../../src/shared/state.ts';

interface Step {
  readonly before: Stored;
  readonly after: Stored;
}

/** Some commits, over some boots. */
function life(seed: number, length: number): readonly Step[] {
  const steps: Step[] = [];
  let [stored, memory] = [blankStored, freshMemory];
  for (let number = 1; number <= length; number += 1) {
    const random = new Random(`${seed}/${number}`);
    if (random.chance(0.1)) memory = freshMemory;
    memory = afterOperation(memory, chooseOperation(number, memory.tree, random));
    const folder = chooseFolder(memory, random);
    const after = folder === undefined || random.chance(0.5) ? stored : afterCommit(stored, memory, folder);
    steps.push({ before: stored, after });
    stored = after;
  }
  return steps;
}

const seen = (tree: Tree): SeenTree => new Map([...tree].map(([path, entry]) => [path, seenOf(entry)]));

function viewOf({ active, previous, trees, next }: Stored): StorageView {
  const rest = { seq: 1, trying: undefined, attempts: 0, reset: undefined };
  return {
    request: false,
    slots: active === undefined ? [] : [stateLine({ ...rest, active, previous, next })],
    trees: new Map([...trees].map(([number, tree]) => [`generations/${number}/upper`, seen(tree)])),
  };
}

const steps = fc
  .record({ seed: fc.nat(), at: fc.nat({ max: 39 }) })
  .map(({ seed, at }): Step => life(seed, 40)[at] ?? { before: blankStored, after: blankStored });

test('old and new are both right while a commit is under way, and only the new one after it', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(steps, ({ before, after }) => {
        const old = viewOf(before);
        const fresh = viewOf(after);
        const settled = judgeStored(old, after, after);
        return (
          judgeStored(old, before, after).length === 0 &&
          judgeStored(fresh, before, after).length === 0 &&
          judgeStored(fresh, after, after).length === 0 &&
          (before === after) === (settled.length === 0)
        );
      }),
      { numRuns: 60 },
    ),
  );
});

test('a generation that is gone, half-made or made by nobody is found', (t) => {
  const last = life(7, 40).findLast(({ before, after }) => before !== after);
  if (last === undefined) throw new Error('no commit in this life');
  const { before, after } = last;
  const view = viewOf(after);
  const faults = (trees: ReadonlyMap<string, SeenTree>): readonly string[] =>
    judgeStored({ ...view, trees }, before, after).map(({ fault }) => fault);
  const active = `generations/${after.active}/upper`;
  const gone = new Map(view.trees);
  gone.delete(active);
  t.deepEqual(faults(gone), ['lost']);
  const half = new Map(view.trees).set(active, new Map([...(view.trees.get(active) ?? [])].slice(2)));
  t.true(faults(half).length > 0);
  t.deepEqual(faults(new Map(view.trees).set('generations/999/upper', seen(factoryTree))), ['mixed']);
  t.deepEqual(judgeStoredBoot(seen(after.trees.get(after.active ?? 0) ?? new Map()), before, after), []);
  t.is(judgeStoredBoot(new Map(), before, after)[0]?.fault, 'mixed');
});

test('only what the upper in memory has something at is committed', (t) => {
  const make: Operation = {
    ...{ kind: 'replace', number: 1, path: 'd0/u0', durable: 'sync' },
    piece: { at: 0, length: 5 },
  };
  const made = afterOperation(freshMemory, make);
  const stored = afterCommit(blankStored, made, 'd0');
  t.true(stored.trees.get(2)?.has('d0/u0'));
  // Made and removed again in the next boot: nothing is left of it, and the stored one stays.
  const again = afterOperation(made, { kind: 'remove', number: 2, path: 'd0/u0', durable: 'sync' });
  const whiteout = afterOperation(again, { kind: 'remove', number: 3, path: 'd0/f0', durable: 'sync' });
  const next = afterCommit(stored, whiteout, '').trees.get(3);
  t.true(next?.has('d0/u0'));
  t.false(next?.has('d0/f0'));
  t.is(chooseFolder(again, new Random('x')), undefined);
});
