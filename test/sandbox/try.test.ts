/** `ovl try` on boards with a read-only root: what it shows, and that nothing of it stays, however it ends. */
import test, { type ExecutionContext } from 'ava';
import { runTrial } from '../../src/deploy/run-trial.ts';
import { planTrial, type Trial } from '../../src/deploy/trial.ts';
import type { Device } from '../../src/device/device.ts';
import { program } from '../../src/device/device.ts';
import { probe } from '../../src/device/facts/probe.ts';
import { unwrap } from '../../src/diagnostics/diagnostic.ts';
import { WritableBoard } from '../support/writable-board.ts';

const mounts = async (device: Device): Promise<string> =>
  (await device.run(program('cat', '/proc/self/mountinfo'))).stdout.toString();

async function withTrial(
  t: ExecutionContext,
  withoutApplets: readonly string[],
  use: (board: WritableBoard, trial: Trial) => Promise<void>,
): Promise<void> {
  const board = await WritableBoard.make({ root: { withoutApplets } });
  try {
    await board.boot();
    // The lab's boards without an overlay have nothing in memory but /dev.
    await board.board.run('mount -t tmpfs tmpfs /tmp');
    const before = await mounts(board);
    const trial = unwrap(planTrial(await probe(board), '0123456789ab'));
    t.like(trial, { system: 'overlay', place: '/tmp/overlaykit-try-0123456789ab' });
    await use(board, trial);
    t.is(await mounts(board), before);
    t.is((await board.board.run('ls -A /tmp; pidof sleep')).output, '');
    t.regex(before, / \/ \/ ro/);
  } finally {
    await board.stop();
  }
}

async function trying(board: WritableBoard, trial: Trial, ...command: readonly string[]): Promise<string> {
  const said: Buffer[] = [];
  const outcome = await runTrial(board, trial, {
    command,
    size: '8m',
    onOutput: (chunk) => void said.push(Buffer.from(chunk)),
  });
  return `${Buffer.concat(said)}${JSON.stringify(outcome.ending)}`;
}

for (const withoutApplets of [[], ['unshare']]) {
  const how = withoutApplets.length === 0 ? 'in a namespace of its own' : 'without unshare';

  test.serial(`${how}: a command writes and deletes as it likes, and the root is as it was`, async (t) => {
    await withTrial(t, withoutApplets, async (board, trial) => {
      const said = await trying(
        board,
        trial,
        'sh',
        '-c',
        'echo changed >/etc/hostname && rm /etc/issue && cat /etc/hostname && ls /proc/self/exe && exit 7',
      );
      t.is(said, 'changed\n/proc/self/exe\n{"kind":"exited","code":7}');
      t.is((await board.board.run('cat /etc/hostname /etc/issue')).output, 'factory\noverlaykit lab board\n');
    });
  });

  test.serial(`${how}: when the connection goes, the board takes everything back by itself`, async (t) => {
    await withTrial(t, withoutApplets, async (board, trial) => {
      const stop = new AbortController();
      const run = runTrial(board, trial, {
        command: ['sh', '-c', 'trap "" HUP TERM; echo up; sleep 1000 & sleep 1000'],
        size: '8m',
        onOutput: () => stop.abort(),
        signal: stop.signal,
      });
      await t.throwsAsync(run, { name: 'AbortError' });
      for (
        let waited = 0;
        waited < 100 && (await board.board.run('pidof sleep; ls -A /tmp')).output !== '';
        waited++
      )
        await new Promise((resolve) => setTimeout(resolve, 100));
    });
  });

  test.serial(`${how}: a shell that reads what is typed ends with its input`, async (t) => {
    await withTrial(t, withoutApplets, async (board, trial) => {
      const said: Buffer[] = [];
      const outcome = await runTrial(board, trial, {
        command: ['/bin/sh'],
        size: '8m',
        input: typed('echo hello >/etc/new; cat /etc/new\n'),
        onOutput: (chunk) => void said.push(Buffer.from(chunk)),
      });
      t.is(`${Buffer.concat(said)}`, 'hello\n');
      t.deepEqual(outcome.ending, { kind: 'exited', code: 0 });
    });
  });
}

async function* typed(text: string): AsyncGenerator<Uint8Array> {
  yield Buffer.from(text);
}
