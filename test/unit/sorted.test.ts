/** The board's own way of sorting against the language's. */
import test from 'ava';
import fc from 'fast-check';
import { sorted } from '../../src/helper/sorted.ts';

const rows = fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.nat()), { maxLength: 40 });

test('it sorts as the language does, what is equal in its order, and leaves the list as it was', (t) => {
  fc.assert(
    fc.property(rows, (list) => {
      const before = [...list];
      const order = (a: readonly [number, number], b: readonly [number, number]): number => a[0] - b[0];
      t.deepEqual(sorted(list, order), [...list].sort(order));
      t.deepEqual(list, before);
    }),
  );
});
