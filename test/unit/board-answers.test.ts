/** What boards answer to the commands that look at them and change them: usual answers, none, and hostile ones. */
import test from 'ava';
import { changeBoard } from '../../src/cli/board-change.ts';
import { boardLog } from '../../src/cli/commands/log.ts';
import { resetForecast } from '../../src/cli/commands/reset.ts';
import { boardStatus } from '../../src/cli/commands/status.ts';
import { boardUsage } from '../../src/cli/commands/usage.ts';
import { parseBootLine } from '../../src/device/helper/ledger.ts';
import { formatDiagnostics } from '../../src/diagnostics/format.ts';
import { inMemoryWords, verbExit } from '../../src/shared/verb-exit.ts';
import { failed, type Said, saidDevice } from '../support/said-device.ts';

const { signal } = new AbortController();
const { forgotten, kept } = inMemoryWords;
const boot = 'seq=7 rung=persistent generation=3 stamps: 1=0.50 2=0.75 3=2.05 reasons: []';
const report = {
  schema: 'overlaykit.status/1',
  board: 'gl-ar150',
  plan: 'abc',
  rung: 'persistent',
  reasons: [] as string[],
  reset: '',
  device: '/dev/mtdblock5',
  repaired: '',
  booted: 3,
  state: { seq: 7, active: 3, previous: 2, trying: null, attempts: 0, next: 4, reset: null },
  slots: { a: 'counts', b: 'older' },
  attemptsLimit: 3,
  storage: {
    fstype: 'jffs2',
    bytes: 4 << 20,
    availableBytes: 1 << 20,
    inodes: 0,
    availableInodes: 0,
    volatile: false,
    full: false,
  },
  pending: { reset: false, paths: 0 },
  base: { image: 'ab12', fits: 'cd34', waiting: 2 },
  boots: [boot],
  troubles: [] as string[],
};
const list = {
  schema: 'overlaykit.generations/1',
  generations: [
    { number: 2, name: 'old', roles: ['previous'], bytes: 4096, inodes: 2, doomed: false },
    { number: 3, name: null, roles: ['active', 'booted'], bytes: 8192, inodes: 4, doomed: false },
  ],
  others: [],
};

const board = (status: unknown, more: (words: readonly string[]) => Said = () => ({ code: 3 })) =>
  saidDevice('ar150', (words) => {
    const [verb] = words;
    if (verb === 'status') return { stdout: JSON.stringify(status) };
    if (verb === 'list') return { stdout: JSON.stringify(list) };
    return more(words);
  });

test('status: rung, generations, storage and what comes next, in words', async (t) => {
  const answer = await boardStatus(board(report), signal);
  t.is(
    answer.text,
    `board        ar150
board file   gl-ar150
plan         abc
rung         persistent
device       /dev/mtdblock5
storage      jffs2, 1 MiB of 4 MiB free
generation   3
this boot    confirmed
             2 "old": previous, 4 KiB in 2 inodes
             3: active, booted, 8 KiB in 4 inodes
base         ab12; the changes fit cd34; 2 paths wait for a decision
next boot    as this one
`,
  );
  t.is(answer.exit, undefined);
  t.is(answer.state, 'persistent, generation 3');
});

test('status: troubles are the answer no, and what was asked for is said', async (t) => {
  const answer = await boardStatus(
    board({
      ...report,
      rung: 'tmpfs',
      booted: null,
      reasons: ['no device'],
      troubles: ['rung tmpfs: changes are not kept'],
      pending: { reset: false, paths: 2 },
      state: { ...report.state, trying: 4, attempts: 2 },
    }),
    signal,
  );
  t.is(answer.exit, 'no');
  t.is(answer.state, 'tmpfs, 1 trouble');
  t.regex(answer.text, /^given up {5}no device$/m);
  t.regex(answer.text, /^this boot {4}not confirmed, boot 2 of 3 without$/m);
  t.regex(answer.text, /^next boot {4}goes to generation 4, and forgets the changes at 2 paths$/m);
  t.regex(answer.text, /^trouble {6}rung tmpfs: changes are not kept$/m);
  const reset = await boardStatus(board({ ...report, pending: { reset: true, paths: 0 } }), signal);
  t.regex(reset.text, /^next boot {4}goes back to factory state$/m);
});

test('status: without the helper, what the boot has noted; OVL625 where there is nothing', async (t) => {
  const noted = {
    ...{ board: 'b', plan: 'p', rung: 'tmpfs', generation: '', reset: '', storage: '', repaired: '' },
    ...{ reasons: ['step 3: failed'], notes: ['a note'] },
  };
  const answer = await boardStatus(
    saidDevice('x', ([word = '']) =>
      word.startsWith('/') ? { stdout: JSON.stringify(noted) } : { code: 127 },
    ),
    signal,
  );
  t.is(answer.exit, 'no');
  t.like(answer.data, { helper: false });
  t.regex(answer.text, /is not on the board/);
  const nothing = await failed(
    t,
    boardStatus(
      saidDevice('x', ([word = '']) => ({ code: word.startsWith('/') ? 1 : 127 })),
      signal,
    ),
  );
  t.like(nothing.diagnostics[0], { code: 'OVL625', boardState: 'unchanged' });
});

test('log: each boot with what its steps took; lines of another form as they are', async (t) => {
  const strange = 'made \u001b[31mup';
  const answer = await boardLog(board({ ...report, boots: [strange, boot] }), signal);
  t.is(
    answer.text,
    `made \\x1b[31mup
boot 7: rung persistent, generation 3, 3 steps in 1.55 s
  step 1    at    0.50 s  took    0.25 s
  step 2    at    0.75 s  took    1.30 s
  step 3    at    2.05 s
`,
  );
  t.like(parseBootLine('rung=tmpfs generation=- stamps: reasons: ["a", "b"] repaired it'), {
    seq: undefined,
    steps: [],
    reasons: '"a", "b"',
    repaired: 'repaired it',
  });
  const volatile = await boardLog(
    board({ ...report, boots: [] }, () => ({
      stdout: 'rung=tmpfs generation=- stamps: 1=1.00 reasons: ["x"]\n',
    })),
    signal,
  );
  t.is(volatile.text, 'boot -: rung tmpfs, 1 steps in 0.00 s\n  step 1    at    1.00 s\n  given up: "x"\n');
});

test('log: the steps of the running boot are named by the list at the top of its overlay_init', async (t) => {
  const list =
    '#!/bin/sh\n# overlay_init for b\n#\n# Plan p\n#\n# prepare\n#    1  mount proc\u001b[31m on /proc\n';
  const rest = `#    2  ${'x'.repeat(300)}\n\n# a comment of the script\n#    3  not in the list\n`;
  const script = (plan: string) =>
    board({ ...report, plan, boots: [boot, boot] }, ([word = '']) => ({
      stdout: word === '/sbin/overlay_init' ? `${list}${rest}` : '',
    }));
  const { text } = await boardLog(script('p'), signal);
  const [first = '', second = ''] = text.split('boot 7: ').slice(1);
  t.notRegex(first, /mount/, 'the boot before may have had another plan');
  t.regex(second, /^ {2}step 1 {4}at {4}0\.50 s {2}took {4}0\.25 s {2}mount proc\\x1b\[31m on \/proc$/m);
  t.regex(second, /^ {2}step 2 .* x{69}\.\.\.$/m);
  t.regex(second, /^ {2}step 3 {4}at {4}2\.05 s$/m);
  t.notRegex(
    (await boardLog(script('q'), signal)).text,
    /mount/,
    'the script of another plan says nothing of this boot',
  );
});

test('usage and a reset forecast, in words', async (t) => {
  const usage = {
    schema: 'overlaykit.usage/1',
    ...{ rung: 'persistent', bytes: 5000, inodes: 7, whiteouts: 1 },
    largest: [{ path: '/var/log/', directory: true, bytes: 4096, inodes: 3 }],
    equal: { count: 2, bytes: 100, paths: ['/etc/same\u009b1m'] },
  };
  const answer = await boardUsage(
    board(report, () => ({ stdout: JSON.stringify(usage) })),
    signal,
  );
  t.is(
    answer.text,
    `rung persistent: 4.9 KiB in 7 inodes, 1 whiteouts
  4 KiB  /var/log/  (3 inodes)
2 files, 100 B, are as the layers below have them:
  /etc/same\\x9b1m
  and 1 more
`,
  );
  const said = 'goes /etc/a bytes=4096 inodes=1\nstays /etc/k bytes=2 inodes=1\nwhatever\n';
  const forecast = await resetForecast(
    board(report, () => ({ stdout: said })),
    undefined,
    signal,
  );
  t.is(forecast.text, 'goes   /etc/a  4 KiB in 1 inodes\nstays  /etc/k  2 B in 1 inodes\n');
  t.is(forecast.state, '4 KiB would go');
});

test('a change: what was said is told, and each way to fail says the state of the board', async (t) => {
  const does = (said: Said) =>
    changeBoard(
      saidDevice('ar150', () => said),
      ['rollback'],
      { signal },
    );
  t.like(await does({ stdout: 'generation 2 boots next\n' }), {
    text: 'generation 2 boots next\n',
    state: 'generation 2 boots next',
  });
  t.is((await does({ stdout: 'x\n', code: 1, stderr: 'not all\n' })).exit, 'no');
  const cases: readonly (readonly [Said, string, string])[] = [
    [{ code: 127 }, 'OVL620', 'unchanged'],
    [{ code: 2, stderr: 'usage' }, 'OVL621', 'unchanged'],
    [{ code: 5, stderr: 'overlay_helper: ...' }, 'OVL627', 'unchanged'],
    [{ code: 3, stderr: 'there is no previous one' }, 'OVL622', 'unchanged'],
    [{ code: 6, stderr: 'another overlay_helper is changing the state' }, 'OVL622', 'unchanged'],
    [{ code: 4, stderr: 'EIO' }, 'OVL730', 'unknown'],
    [{ code: 70 }, 'OVL730', 'unknown'],
    [{ ending: { kind: 'killed', signal: 'SEGV' } }, 'OVL730', 'unknown'],
  ];
  for (const [said, code, boardState] of cases)
    t.like((await failed(t, does(said))).diagnostics[0], { code, boardState });
  const [busy] = (await failed(t, does({ code: 6, stderr: 'x' }))).diagnostics;
  t.regex(busy?.fix ?? '', /again in a moment/);
  const looked = await failed(
    t,
    boardUsage(
      saidDevice('x', () => ({ code: 4 })),
      signal,
    ),
  );
  t.like(looked.diagnostics[0], { code: 'OVL623', boardState: 'unchanged' });
});

test('a board that keeps its changes in memory: what somebody wants instead', async (t) => {
  const drop = 'to drop all changes: ovl restart ar150';
  const cases: readonly (readonly [string, string, string])[] = [
    ['snapshot', forgotten, `to have a copy of the changes here: ovl pull ar150 -o FILE; ${drop}`],
    ['snapshot', `${forgotten}; ${kept}`, `to keep changes: ovl commit ar150 PATH; ${drop}`],
    ['confirm', `${forgotten}; ${kept}`, `to keep changes: ovl commit ar150 PATH; ${drop}`],
    ['reset', `${forgotten}; ${kept}`, drop],
    ['rollback', forgotten, drop],
  ];
  for (const [verb, words, fix] of cases) {
    const said = { code: verbExit.inMemory, stderr: `overlay_helper: ${verb}: on rung "tmpfs"; ${words}\n` };
    const device = saidDevice('ar150', () => said);
    const { diagnostics } = await failed(t, changeBoard(device, [verb], { signal }));
    t.like(diagnostics[0], { code: 'OVL628', boardState: 'unchanged', fix });
    t.is(diagnostics[0]?.because, said.stderr.trim());
    t.is(diagnostics[0]?.message, `ar150 keeps its changes in memory: "${verb}" has nothing to work on`);
  }
});
test('hostile answers are refused with OVL624, and nothing of them reaches the terminal raw', async (t) => {
  const deep = `${'['.repeat(200_000)}`;
  const wrong: readonly string[] = [
    ...['', 'null', '[]', '{}', 'Permission denied', deep, '\u0000\u001b]0;title\u0007'],
    JSON.stringify({ ...report, schema: 'overlaykit.status/9' }),
    JSON.stringify({ ...report, booted: -1 }),
    JSON.stringify({ ...report, booted: 1e300 }),
    JSON.stringify({ ...report, troubles: 'none' }),
    JSON.stringify({ ...report, rung: 'x'.repeat(5000) }),
    JSON.stringify({ ...report, boots: Array.from({ length: 2000 }, () => '') }),
  ];
  for (const stdout of wrong) {
    const { diagnostics } = await failed(
      t,
      boardStatus(
        saidDevice('b', () => ({ stdout })),
        signal,
      ),
    );
    t.like(diagnostics[0], { code: 'OVL624', boardState: 'unchanged' }, stdout.slice(0, 80));
  }
  const escapes = 'a\u001b[2J\u001b]0;x\u0007\nb\u202e';
  const shown = await boardStatus(
    board({ ...report, board: escapes, rung: escapes, troubles: [escapes], device: escapes }),
    signal,
  );
  const refused = await failed(
    t,
    changeBoard(
      saidDevice('b', () => ({ code: 3, stderr: escapes })),
      ['confirm'],
      { signal },
    ),
  );
  for (const text of [shown.text, formatDiagnostics(refused.diagnostics)])
    t.notRegex(text.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
});
