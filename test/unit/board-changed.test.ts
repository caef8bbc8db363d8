/** Whether a verb changed anything, as the board says it. */
import test from 'ava';
import { changeBoard } from '../../src/cli/board-change.ts';
import { resetForecast } from '../../src/cli/commands/reset.ts';
import { saidDevice } from '../support/said-device.ts';

const { signal } = new AbortController();

test('changed: what the last line of a verb says, and nothing where it says nothing', async (t) => {
  const told = async (stdout: string): Promise<unknown> => {
    const { data, text } = await changeBoard(
      saidDevice('ar150', () => ({ stdout })),
      ['reset'],
      { signal },
    );
    return { changed: data.changed, text };
  };
  t.deepEqual(await told('done\nchanged: yes\n'), { changed: true, text: 'done\n' });
  t.deepEqual(await told('done\nchanged: no\n'), { changed: false, text: 'done\n' });
  t.deepEqual(await told('changed: no\ndone\n'), { changed: undefined, text: 'changed: no\ndone\n' });
  t.deepEqual(await told(''), { changed: undefined, text: '' });

  const rows = 'goes /etc bytes=1 inodes=1\n';
  const foreseen = async (stdout: string): Promise<unknown> =>
    (
      await resetForecast(
        saidDevice('ar150', () => ({ stdout })),
        '/etc',
        signal,
      )
    ).data.changed;
  t.is(await foreseen(`${rows}changed: no\n`), false);
  t.is(await foreseen(`${rows}changed: yes\n`), true);
  t.is(await foreseen(rows), undefined);
});
