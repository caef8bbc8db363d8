/** The state line: every state survives the line, every damage is seen, the check number is a shell's. */

import test from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';
import { checkNumber, chooseSlot, parseSlot, type State, stateLine } from '../../src/shared/state.ts';

const number = fc.integer({ min: 0, max: 999_999_999 });
const maybe = fc.option(number, { nil: undefined });
const anyState: fc.Arbitrary<State> = fc.record({
  seq: number,
  active: number,
  previous: maybe,
  trying: maybe,
  attempts: number,
  next: number,
  reset: maybe,
});

test('a state comes back from its line', (t) => {
  fc.assert(
    fc.property(anyState, (state) => t.deepEqual(parseSlot(stateLine(state)), { kind: 'state', state })),
  );
});

test('a line that is cut anywhere, or has one character changed, is damaged', (t) => {
  fc.assert(
    fc.property(anyState, fc.nat(), fc.constantFrom('0', '7', '=', ' ', 'x'), (state, at, character) => {
      const line = stateLine(state);
      const place = at % (line.length - 1);
      t.not(parseSlot(line.slice(0, place)).kind, 'state');
      const changed = `${line.slice(0, place)}${character}${line.slice(place + 1)}`;
      if (changed !== line) t.not(parseSlot(changed).kind, 'state', changed);
    }),
  );
});

test('any text at all is a state, damaged or newer, and nothing is thrown', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.string().map((rest) => `overlaykit-state ${rest}\n`),
      ),
      (text) => {
        t.true(['state', 'damaged', 'newer'].includes(parseSlot(text).kind));
      },
    ),
  );
  t.deepEqual(parseSlot('overlaykit-state 2 whatever\n'), { kind: 'newer', version: '2' });
});

test('the check number is the one of the decision page, and of a shell', async (t) => {
  const numbers = [12, 3, 2, undefined, 0, 5, 4];
  const loop = 'x=0; for n; do x=$(( (x * 31 + n) % 65521 )); done; echo $x';
  const { stdout } = await execa('sh', [
    '-c',
    loop,
    'sh',
    ...numbers.map((value) => String(value === undefined ? 0 : value + 1)),
  ]);
  t.is(String(checkNumber(numbers)), stdout);
  t.true(
    stateLine({
      seq: 12,
      active: 3,
      previous: 2,
      trying: undefined,
      attempts: 0,
      next: 5,
      reset: 4,
    }).endsWith(` end=80.${stdout}\n`),
  );
});

test('the whole slot with the higher seq counts; a newer version beats everything', (t) => {
  const slot = (seq: number) =>
    parseSlot(
      stateLine({
        seq,
        active: seq,
        previous: undefined,
        trying: undefined,
        attempts: 0,
        next: 9,
        reset: undefined,
      }),
    );
  const damaged = parseSlot('noise');
  const newer = parseSlot('overlaykit-state 9 x\n');
  t.deepEqual(chooseSlot(slot(3), slot(4)), slot(4));
  t.deepEqual(chooseSlot(slot(4), slot(3)), slot(4));
  t.deepEqual(chooseSlot(damaged, slot(1)), slot(1));
  t.deepEqual(chooseSlot(slot(1), undefined), slot(1));
  t.deepEqual(chooseSlot(damaged, undefined), damaged);
  t.deepEqual(chooseSlot(slot(5), newer), newer);
  t.is(chooseSlot(undefined, undefined), undefined);
});
