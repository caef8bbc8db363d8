import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { transferLine, transferWords } from '../../src/cli/transfer.ts';

const half = { what: 'overlay_helper', sent: 512 << 10, total: 1 << 20 };

test('a transfer is told with its share, its rate and what is left', (t) => {
  t.is(transferWords(half, 2_000), 'overlay_helper 50 %  512 KiB of 1.0 MiB  256 KiB/s  2 s left');
  t.is(transferWords(half, 0), 'overlay_helper 50 %  512 KiB of 1.0 MiB', 'no rate without a time');
  t.is(
    transferWords({ ...half, sent: 1 << 20 }, 4_000),
    'overlay_helper 100 %  1.0 MiB of 1.0 MiB  256 KiB/s',
    'nothing is left at the end',
  );
  t.is(transferWords({ what: 'empty', sent: 0, total: 0 }, 10), 'empty 100 %  0 B of 0 B');
});

/** What a line writes to stderr. */
async function written(interactive: boolean): Promise<string> {
  const { write } = process.stderr;
  let text = '';
  process.stderr.write = ((chunk: string) => {
    text += chunk;
    return true;
  }) as typeof write;
  try {
    const line = transferLine({ json: false, interactive });
    line.show({ ...half, sent: 0 });
    line.show({ ...half, sent: 1 });
    await sleep(250);
    line.show(half);
    line.clear();
    line.clear();
  } finally {
    process.stderr.write = write;
  }
  return text;
}

test.serial(
  'on a terminal one line is drawn over and over, a few times a second, and taken away',
  async (t) => {
    const drawn = (await written(true)).split('\r\x1b[K').map((one) => one.trim());
    t.is(drawn.length, 4, JSON.stringify(drawn));
    t.regex(drawn[1] ?? '', /^overlay_helper 0 % {2}0 B of 1\.0 MiB$/);
    t.regex(drawn[2] ?? '', /^overlay_helper 50 % {2}512 KiB of 1\.0 MiB {2}\S+ [KM]iB\/s {2}\d+ s left$/);
    t.is(drawn[3], '', 'nothing of it stays');
  },
);

test.serial('elsewhere nothing is drawn', async (t) => {
  t.is(await written(false), '');
});
