/** What boards answer to `ovl diff` and `ovl pull`: whole, cut off, and made up. */
import { crc32 } from 'node:zlib';
import test from 'ava';
import { boardDiff } from '../../src/cli/commands/diff.ts';
import { pullUpper } from '../../src/device/helper/pull.ts';
import { failed, saidDevice } from '../support/said-device.ts';

const { signal } = new AbortController();
const created = { change: 'created', type: 'file', path: '/etc/\u00c3\u00a4\u001b[2J', bytes: 5 };
const diffEnd = { schema: 'overlaykit.diff/1', rung: 'persistent', changes: 1, same: 2 };
/** As overlay_helper writes it: one byte, one character, and only ASCII. */
const ascii = (text: string) =>
  text.replaceAll(/[^ -~]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
const diffOf = (...lines: readonly unknown[]) =>
  boardDiff(
    saidDevice('b', () => ({ stdout: lines.map((line) => `${ascii(JSON.stringify(line))}\n`).join('') })),
    false,
    signal,
  );

test('diff: paths are bytes on the board and text here; no differences is yes', async (t) => {
  const answer = await diffOf(created, diffEnd);
  t.is(
    answer.text,
    'A  file             5 B  /etc/ä\\x1b[2J\n1 changes on rung persistent, 2 files copied up and the same\n',
  );
  t.is(answer.exit, 'no');
  t.is((await diffOf({ ...diffEnd, changes: 0 })).exit, undefined);
});

test('diff: an answer that is not whole, or has something else in it, is refused', async (t) => {
  for (const lines of [
    [],
    [created],
    [created, created, diffEnd],
    [created, diffEnd, created],
    [{ ...created, change: 'eaten' }, diffEnd],
    [{ ...created, bytes: 'many' }, diffEnd],
    ['text', diffEnd],
  ]) {
    const { diagnostics } = await failed(t, diffOf(...lines));
    t.like(diagnostics[0], { code: 'OVL624', boardState: 'unchanged' }, JSON.stringify(lines));
  }
  const endless = saidDevice('b', () => ({ stdout: 'x'.repeat(100_000) }));
  t.is((await failed(t, boardDiff(endless, false, signal))).diagnostics[0]?.code, 'OVL624');
});

test('pull: only what is counted and summed up by the board is whole', async (t) => {
  const stdout = 'some bytes';
  const end = (bytes: number, sum: string) => `overlay_helper: pull: entries=3 bytes=${bytes} crc32=${sum}\n`;
  const right = crc32(stdout).toString(16).padStart(8, '0');
  const pulled = async (stderr: string, limit = 100) => {
    const taken: Uint8Array[] = [];
    const sink = async (bytes: Uint8Array) => void taken.push(bytes);
    const result = await pullUpper(
      saidDevice('b', () => ({ stdout, stderr })),
      { signal, sink, limit },
    );
    return { ...result, text: Buffer.concat(taken).toString() };
  };
  t.deepEqual(await pulled(`overlay_helper: pull: x is a socket\n${end(10, right)}`), {
    ...{ entries: 3, bytes: 10, complaints: ['x is a socket'] },
    text: stdout,
  });
  for (const stderr of ['', end(11, right), end(10, '00000000'), `${end(10, right)}more\n`])
    t.is((await failed(t, pulled(stderr))).diagnostics[0]?.code, 'OVL626', stderr);
  t.is((await failed(t, pulled(end(10, right), 5))).diagnostics[0]?.code, 'OVL626');
});
