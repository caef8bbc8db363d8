/** The demo says nothing that it has not seen: its claims against a board that is as told, and against ones that are not. */
import test from 'ava';
import { stepsTeller } from '../../src/cli/steps.ts';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import type { Boot, CommandResult } from '../../src/lab/boot.ts';
import { act, prove } from '../../src/lab/demo/claim.ts';
import { bootClaims, layersSeen, resetClaim } from '../../src/lab/demo/claims.ts';
import { picture } from '../../src/lab/demo/picture.ts';
import { type Moment, momentClaim } from '../../src/lab/demo/story.ts';
import type { MountEntry } from '../../src/lab/mountinfo.ts';
import { simulate } from '../../src/plan/simulate.ts';
import { boardText, renderBoard } from '../support/plans.ts';

const { plan } = await renderBoard(boardText());
const digest = 'd'.repeat(64);
const request = '/overlay/overlaykit/reset';

interface Told {
  readonly answers?: Readonly<Record<string, Partial<CommandResult>>>;
  readonly mounts?: (table: readonly MountEntry[]) => readonly MountEntry[];
}

/** What a board that is as told answers. */
const truth: Readonly<Record<string, Partial<CommandResult>>> = {
  'cat /proc/1/comm': { output: 'init\n' },
  'readlink /proc/1/exe': { output: '/bin/busybox\n' },
  "stat -L -c '%d:%i' /proc/1/exe /sbin/init '/rom/bin/busybox'": { output: '24:7\n24:7\n9:7\n' },
  'touch /rom/etc/try': { output: 'touch: /rom/etc/try: Read-only file system\n', exitCode: 1 },
  'cat /proc/mtd': { output: 'dev:    size   erasesize  name\nmtd0: 01000000 00010000 "storage"\n' },
  'cat /sys/class/block/vda/size': { output: '3072\n' },
  'cat /run/overlaykit/status.json': {
    output: JSON.stringify({ rung: 'persistent', plan: digest, reset: request }),
  },
  [`[ -e ${request} ]`]: { exitCode: 1 },
  'cat /etc/hostname': { output: 'my-board\n' },
  'cat /overlay/upper/etc/hostname': { output: 'my-board\n' },
  'cat /rom/etc/hostname': { output: 'factory\n' },
};

/** A board that answers from a table, and is like the plan says unless `told` otherwise. */
function board({ answers = {}, mounts = (table) => table }: Told = {}): Boot {
  const table = simulate(plan, 'persistent').map(
    ({ target, fstype }): MountEntry => ({
      target,
      fstype,
      source: { '/rom': '/dev/vda', '/overlay': 'mtd0' }[target] ?? fstype,
      options: [target === '/rom' ? 'ro' : 'rw'],
      superOptions: target === '/' ? ['lowerdir=/', 'upperdir=/overlay/upper'] : [],
    }),
  );
  return {
    run: async (command: string) => {
      const answer = answers[command] ?? truth[command];
      if (answer === undefined) throw new Error(`an unexpected command: ${command}`);
      return { output: '', exitCode: 0, ...answer };
    },
    mountTable: async () => mounts(table),
  } as unknown as Boot;
}

/** The titles of the claims about a boot that do not hold. */
async function disproved(told: Told): Promise<readonly string[]> {
  const claims = bootClaims(plan, digest);
  const seen = await Promise.all(claims.map(async (claim) => (await claim.look(board(told))).holds));
  return claims.filter((_, index) => !seen[index]).map(({ title }) => title);
}

const changed = (target: string, change: Partial<MountEntry>): Told => ({
  mounts: (table) => table.map((mount) => (mount.target === target ? { ...mount, ...change } : mount)),
});

test('every claim holds on a board that is as told', async (t) => {
  t.deepEqual(await disproved({}), []);
});

test('each claim fails on a board where it does not hold', async (t) => {
  const answer = (command: string, result: Partial<CommandResult>): Told => ({
    answers: { [command]: result },
  });
  const stat = "stat -L -c '%d:%i' /proc/1/exe /sbin/init '/rom/bin/busybox'";
  const init = "process 1 is the board's own init";
  const mounts = 'the mounts are those of the plan';
  const status = 'what overlay_init says of it';
  const cases: readonly (readonly [Told, readonly string[]])[] = [
    [answer('cat /proc/1/comm', { output: 'sh\n' }), [init]],
    [answer(stat, { output: '9:7\n9:7\n9:7\n' }), [init]],
    [answer(stat, { output: '24:7\n24:8\n9:7\n' }), [init]],
    [changed('/', { fstype: 'squashfs' }), ['/ is the merged root, writable', mounts]],
    [changed('/', { options: ['ro'] }), ['/ is the merged root, writable']],
    [changed('/rom', { fstype: 'ext4' }), ['/rom is the read-only root', mounts]],
    [answer('touch /rom/etc/try', {}), ['/rom is the read-only root']],
    [
      answer('touch /rom/etc/try', { output: 'touch: not found', exitCode: 127 }),
      ['/rom is the read-only root'],
    ],
    [changed('/overlay', { fstype: 'tmpfs' }), ['/overlay is the storage', mounts]],
    [{ mounts: (table) => table.filter(({ target }) => target !== '/run') }, [mounts]],
    [answer('cat /run/overlaykit/status.json', { output: '{"rung":"tmpfs"}' }), [status]],
    [answer('cat /run/overlaykit/status.json', { output: 'cat: no such file' }), [status]],
  ];
  for (const [told, expected] of cases) t.deepEqual(await disproved(told), expected);
});

test('a claim that does not hold ends the demo with what is there instead', async (t) => {
  const [first] = bootClaims(plan, digest);
  const told = board({ answers: { 'cat /proc/1/comm': { output: 'sh\n' } } });
  const failure = await t.throwsAsync(prove(first as never, told), { instanceOf: Failure });
  t.like(failure.diagnostics[0], {
    code: 'OVL414',
    message: "on the virtual board it does not hold that process 1 is the board's own init",
    because: 'what is there: sh, /bin/busybox, out of the merged root',
  });
});

test('a command that fails on the board ends the demo with what it said', async (t) => {
  const told = board({
    answers: { 'touch /x': { output: 'touch: /x: No space left on device\n', exitCode: 1 } },
  });
  const failure = await t.throwsAsync(act(told, 'touch /x'), { instanceOf: Failure });
  t.like(failure.diagnostics[0], { code: 'OVL414', because: 'touch: /x: No space left on device' });
});

test('a factory reset holds only when it was done for the request, and the request is gone', async (t) => {
  const look = async (told: Told) => (await resetClaim(request).look(board(told))).holds;
  t.true(await look({}));
  t.false(await look({ answers: { [`[ -e ${request} ]`]: { exitCode: 0 } } }));
  t.false(await look({ answers: { 'cat /run/overlaykit/status.json': { output: '{"reset":""}' } } }));
});

test('the file is looked up in every layer', async (t) => {
  const expected: Moment = { title: 'written', merged: 'my-board', storage: 'my-board', base: 'factory' };
  const seen: Moment[] = [];
  const look = async (told: Told) =>
    (await momentClaim(expected, (one) => seen.push(one)).look(board(told))).holds;
  t.true(await look({}));
  t.deepEqual(seen, [expected]);
  const gone = { output: "cat: can't open", exitCode: 1 };
  t.false(await look({ answers: { 'cat /overlay/upper/etc/hostname': gone } }));
  t.is(seen[1]?.storage, undefined);
  t.false(await look({ answers: { 'cat /rom/etc/hostname': { output: 'my-board\n' } } }));
  t.false(
    await look({ ...changed('/', { superOptions: [] }), answers: { 'cat /no-upperdir/etc/hostname': gone } }),
  );
});

test('sizes of the layers come from the board', async (t) => {
  t.deepEqual(await layersSeen(board()), {
    merged: 'overlay',
    storage: 'jffs2, 16 MiB',
    base: 'squashfs, 1.5 MiB',
  });
});

test('the picture has what each layer had at each moment, and where / took it from', (t) => {
  const drawn = picture({
    board: 'a-board',
    file: '/etc/hostname',
    layers: { merged: 'overlay', storage: 'jffs2, 16 MiB', base: 'squashfs, 1.5 MiB' },
    moments: [
      { title: 'new board', merged: 'factory', storage: undefined, base: 'factory' },
      { title: 'written', merged: 'mine', storage: 'mine', base: 'factory' },
    ],
  });
  t.is(
    drawn,
    `/etc/hostname on a-board

                      new board   written
                    ┌───────────┬───────────┐
/                   │ factory   │ mine      │
  overlay           │     ▲     │     ▲     │
                    ├─────│─────┼─────│─────┤
/overlay            │     │     │ mine      │
  jffs2, 16 MiB     │     │     │           │
                    ├─────│─────┼───────────┤
/rom                │ factory   │ factory   │
  squashfs, 1.5 MiB │           │           │
                    └───────────┴───────────┘`,
  );
});

test('in a pipe a step is one line, once it is done', async (t) => {
  const written: string[] = [];
  const write = (text: string): void => void written.push(text);
  const { step, detail } = stepsTeller({ write, live: false, styled: false, columns: 80 });
  const value = await step('Fetch', async (say) => {
    say('half');
    t.deepEqual(written, []);
    say('whole');
    return 7;
  });
  t.is(value, 7);
  await t.throwsAsync(
    detail('a part', () => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  t.deepEqual(written, [`${'‣ Fetch'.padEnd(39)}whole\n`, `${'    a part'.padEnd(39)}failed\n`]);
});

test('on a terminal the line of a running step is written over, and never wider than the terminal', async (t) => {
  const written: string[] = [];
  const write = (text: string): void => void written.push(text);
  const { step } = stepsTeller({ write, live: true, styled: true, columns: 50 });
  await step('Fetch', async (say) => say('x'.repeat(60)));
  const over = '\r\x1b[K';
  t.deepEqual(written, [
    `${over}‣ Fetch`,
    `${over}${`${'‣ Fetch'.padEnd(39)}${'x'.repeat(60)}`.slice(0, 49)}`,
    `${over}\x1b[1m‣ Fetch\x1b[22m${' '.repeat(32)}${'x'.repeat(60)}\n`,
  ]);
});
