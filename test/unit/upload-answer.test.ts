import test from 'ava';
import fc from 'fast-check';
import { SessionAnswer } from '../../src/device/upload/answer.ts';

const lines = ['m asked', 'm stays', 'm ready', 'm place', '/x', 'm synced', 'm switched', 'late'];
const all = Buffer.from(lines.map((line) => `${line}\n`).join(''));

test('answers end at their lines, in whatever pieces they come, and whenever they are asked for', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(all.length), { maxLength: 12 }),
      fc.constantFrom('asked before', 'asked between', 'asked after'),
      async (cuts, when) => {
        const answer = new SessionAnswer('m');
        const words = ['asked', 'ready', 'synced', 'switched'];
        const expected = ['m asked\n', 'm stays\nm ready\n', 'm place\n/x\nm synced\n', 'm switched\n'];
        const got: string[] = [];
        const read = async (): Promise<void> => {
          for (const word of words) got.push((await answer.until(word)).toString());
        };
        const at = [0, ...cuts.toSorted((a, b) => a - b), all.length];
        const reading = when === 'asked before' ? read() : undefined;
        let between: Promise<void> | undefined;
        for (const [index, start] of at.slice(0, -1).entries()) {
          answer.add(all.subarray(start, at[index + 1]));
          if (when === 'asked between' && index === 0) between = read();
          await Promise.resolve();
        }
        await (reading ?? between ?? read());
        t.deepEqual(got, expected);
        t.is(answer.rest().toString(), 'late\n');
      },
    ),
  );
});

test('an answer that does not come to its end is all that is left', async (t) => {
  const answer = new SessionAnswer('m');
  const never = answer.until('asked');
  answer.add(Buffer.from('m failed read-only\nm ask'));
  t.is(await Promise.race([never, Promise.resolve('none')]), 'none');
  t.is(answer.rest().toString(), 'm failed read-only\nm ask');
});
