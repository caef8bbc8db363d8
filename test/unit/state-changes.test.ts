/** What the verbs make of the state, whatever it was: the rules of docs/decisions/0005, and what they have in common. */
import test from 'ava';
import fc from 'fast-check';
import { parseSlot, type State, stateLine } from '../../src/shared/state.ts';
import { confirmed, dropped, numbered, rolledBack, tried, untried } from '../../src/shared/state-changes.ts';

const number = fc.integer({ min: 1, max: 9 });
const maybe = fc.option(number, { nil: undefined });
const anyState: fc.Arbitrary<State> = fc.record({
  seq: number,
  active: number,
  previous: maybe,
  trying: maybe,
  attempts: number,
  next: fc.constant(10),
  reset: maybe,
});

const state: State = {
  seq: 7,
  active: 3,
  previous: 2,
  trying: 4,
  attempts: 2,
  next: 5,
  reset: 1,
};

test('a try begins to count again, and is all that changes', (t) => {
  t.deepEqual(tried(state, 2), { ...state, trying: 2, attempts: 0 });
  t.deepEqual(untried(state), { ...state, trying: undefined, attempts: 0 });
});

test('confirming what is tried makes it active, and the active one the previous', (t) => {
  t.deepEqual(confirmed(state, 4), { ...state, active: 4, previous: 3, trying: undefined, attempts: 0 });
});

test('confirming the active one leaves what is to be tried', (t) => {
  t.deepEqual(confirmed(state, 3), { ...state, attempts: 0 });
});

test('rolling back makes another active, and the active one the previous', (t) => {
  t.deepEqual(rolledBack(state, 2), { ...state, active: 2, previous: 3, trying: undefined, attempts: 0 });
});

test('dropping forgets the previous one only where it is that one', (t) => {
  t.deepEqual(dropped(state, 2), { ...state, previous: undefined });
  t.is(dropped(state, 9), state);
});

test('a number that is taken is never free again', (t) => {
  t.deepEqual(numbered(state, 5), { ...state, next: 6 });
});

test('whatever is done to a state, it can be written, and the active one is never the one to go back to', (t) => {
  fc.assert(
    fc.property(
      anyState,
      number,
      fc.constantFrom(tried, confirmed, rolledBack, dropped),
      (before, one, change) => {
        fc.pre(before.previous !== before.active);
        const after = change(before, one);
        t.deepEqual(parseSlot(stateLine(after)), { kind: 'state', state: after });
        t.not(after.previous, after.active);
        t.is(after.reset, before.reset);
        // No generation is lost from sight but the one that the verb was for, and what it takes the place of.
        const known = [after.active, after.previous, after.trying];
        if (change !== dropped) t.true(known.includes(before.active));
      },
    ),
  );
});
