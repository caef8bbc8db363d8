/** `bench` against the kernel: a real union on a real storage, what it says, and that nothing of it stays. */
import type { ExecutionContext } from 'ava';
import { readBench } from '../../src/device/helper/bench.ts';
import { type BenchReport, benchSchema } from '../../src/shared/bench-report.ts';
import { firstState } from '../support/first-state.ts';
import { onHelperBoard } from '../support/helper-programs.ts';
import { type Kind, kinds } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';
import { type RunningBoardOptions, usualStatus } from '../support/running-board.ts';

const options = [
  'rw',
  'lowerdir=/',
  'upperdir=/overlay/generations/@generation@/upper',
  'workdir=/overlay/generations/@generation@/work',
  'redirect_dir=nofollow',
  'index=off',
  'metacopy=off',
];
const planOf = (rung: string) => ({
  ladder: [{ name: rung, steps: [{ kind: 'mount', fstype: 'overlay', options }] }],
});

/** The old root, with a file that is worth reading. */
const rom = `mkdir -p /mnt /rom/etc/deep/deeper /rom/bin; head -c 300000 /dev/urandom >/rom/bin/program
for i in 1 2 3 4 5 6 7 8 9; do echo $i >/rom/etc/deep/f$i; done; ln -s f1 /rom/etc/deep/link; mount -t tmpfs tmpfs /mnt; cp -a /rom/. /mnt; mount --move /mnt /rom; mkdir /rom/mounted; mount -t tmpfs tmpfs /rom/mounted`;

/** What must be as before: the storage, the mounts of the board, and /run. */
const look = 'find /overlay /run -printf "%p %y %s\\n" | sort; cat /proc/self/mounts';
const unchanged = `{ ${look}; } >/tmp/after; cmp /tmp/before /tmp/after && echo unchanged`;

const board = (kind: Kind, change: Partial<RunningBoardOptions> & Pick<RunningBoardOptions, 'script'>) =>
  onHelperBoard(kind, {
    plan: planOf('persistent'),
    storage: 'ext4',
    bytes: 32 * 2 ** 20,
    ...change,
    before: `${rom}; ${change.before ?? ''}`,
    script: `{ ${look}; } >/tmp/before; ${change.script}`,
  });

/** As `ovl bench` reads it. */
const reportIn = (stdout: string): BenchReport =>
  readBench(stdout.split('\n').find((line) => line.startsWith('{')) ?? '', 'board');

/** Every time is one, and both sides were measured as often as there were rounds. */
function expectTimes(t: ExecutionContext<unknown>, { costs, rounds }: BenchReport): void {
  for (const { action, union, plain } of costs) {
    t.is(union.length, plain.length, action);
    t.true(union.length > 0 && union.length <= rounds, action);
    for (const time of [...union, ...plain]) t.true(Number.isInteger(time) && time > 0, `${action} ${time}`);
  }
}

for (const kind of kinds) {
  testAsRoot(`${kind}: bench measures both sides, and nothing of it stays`, async (t) => {
    const { stdout, stderr } = await board(kind, {
      script: `/helper bench --json --rounds 3; echo "code $?"; ${unchanged}`,
    });
    t.is(stderr, '');
    t.regex(stdout, /\ncode 0\nunchanged$/);
    const report = reportIn(stdout);
    t.like(report, {
      ...{
        schema: benchSchema,
        rung: 'persistent',
        union: 'overlay',
        base: 'tmpfs',
        storage: 'ext4',
        volatile: false,
        sync: true,
      },
      ...{ rounds: 3, wanted: 3, written: 3 * (2 * 4096 + 512 + 2 * 65536 + 512 + 1024 + 2 * 16 * 1024) },
    });
    t.deepEqual(
      report.costs.map(({ action, bytes, count }) => `${action} ${bytes} ${count}`),
      [
        ...['copy-up 4096 1', 'read 4096 1', 'rewrite 4096 1', 'copy-up 65536 1', 'read 65536 1'],
        ...['create 1024 16', 'delete 1024 16', 'whiteout 0 16', 'base-read 300000 1', 'base-walk 0 5'],
      ],
    );
    t.is(report.left.length, 2);
    t.regex(
      report.left[0] ?? '',
      /^files of 1048576 bytes: \d+ bytes are needed, 4194304 bytes may be written$/,
    );
    expectTimes(t, report);
  });
}

for (const kind of kinds) {
  testAsRoot(
    `${kind}: more may be written where it is asked for, caches dropped, and time bounds it`,
    async (t) => {
      const { stdout, stderr } = await board(kind, {
        script: `/helper bench --json --rounds 2 --budget 50000000 --drop-caches --no-sync; echo "code $?"
/helper bench --rounds 100 --seconds 1 --budget 1073741824 >/tmp/short; echo "code $?"; cat /tmp/short; ${unchanged}`,
      });
      t.is(stderr, '');
      t.regex(
        stdout,
        /\ncode 0\noverlay over tmpfs on ext4, rung persistent, Linux \S+\ncopy-up bytes=4096 /,
      );
      t.regex(stdout, /\nunchanged$/);
      const report = reportIn(stdout);
      t.false(report.sync);
      const actions = report.costs.map(({ action, bytes }) => `${action} ${bytes}`);
      for (const one of ['copy-up 1048576', 'base-read-cold 300000', 'base-walk-cold 0'])
        t.true(actions.includes(one), one);
      t.regex(
        report.left.join('\n'),
        /^files of 8388608 bytes: 33619968 bytes are needed, \d+ bytes of room are free$/,
      );
      expectTimes(t, report);
      const rounds = Number(/^rounds (\d+), /m.exec(stdout)?.[1]);
      t.true(rounds > 0 && rounds < 100, `${rounds} rounds in a second`);
    },
  );

  testAsRoot(`${kind}: what a kill has left is removed by the next bench, and by a sweep`, async (t) => {
    const { stdout, stderr } = await board(kind, {
      state: firstState({ next: 9 }),
      script: `run() { /helper bench --rounds 100 --budget 1073741824 >/dev/null & n=0
until [ -d /overlay/overlaykit/bench/upper ] || [ $n = 100 ]; do sleep 0.05; n=$((n+1)); done; sleep 0.2; kill -$1 $!; wait $!; echo "ended $?"; ls /overlay/overlaykit; }
run TERM; /helper bench --rounds 1 >/dev/null; echo "code $?"; ${unchanged}
run KILL; grep -c ' /run/overlaykit' /proc/self/mounts; /helper sweep; echo "code $?"; rmdir /run/overlaykit/bench; ${unchanged}`,
    });
    const left = 'bench\nstate.a';
    t.regex(stdout, new RegExp(`^ended 143\n${left}\ncode 0\nunchanged\nended 137\n${left}\n0\n`), stderr);
    t.regex(stdout, /\nunchanged$/);
  });

  testAsRoot(`${kind}: a storage that fills up meanwhile ends it, and nothing of it stays`, async (t) => {
    const { stdout, stderr } = await board(kind, {
      bytes: 12 * 2 ** 20,
      // Again and again: bench deletes its files between rounds, and may find the room of those.
      script: `/helper bench --rounds 100 --budget 1073741824 & bench=$! n=0
until [ -d /overlay/overlaykit/bench/upper ] || [ $n = 100 ]; do sleep 0.05; n=$((n+1)); done
while kill -0 $bench 2>/dev/null; do cat /dev/zero >>/overlay/generations/1/fill 2>/dev/null; done; wait $bench; echo "code $?"; rm /overlay/generations/1/fill; ${unchanged}`,
    });
    t.is(stdout, 'code 4\nunchanged', stderr);
    t.regex(
      stderr,
      /^overlay_helper: bench: (.*: )?(write|open|mkdir|fsync) ENOSPC \(the storage is full\) at \w+\+\d+.* in board-[0-9a-f]+$/,
    );
  });

  testAsRoot(`${kind}: bench refuses before anything is written`, async (t) => {
    const small = await board(kind, {
      storage: 'tmpfs',
      bytes: 200 * 1024,
      script: `/helper bench; echo "code $?"; /helper bench --budget 1000; echo "code $?"; ${unchanged}`,
    });
    t.is(small.stdout, 'code 3\ncode 3\nunchanged');
    t.regex(
      small.stderr,
      /^overlay_helper: bench: files of 4096 bytes: 81920 bytes are needed, \d+ bytes of room are free$/m,
    );
    t.regex(
      small.stderr,
      /^overlay_helper: bench: files of 4096 bytes: \d+ bytes are needed, 1000 bytes may be written$/m,
    );
    const others = await board(kind, {
      before: '',
      script: `exec 9</overlay/generations; flock 9; /helper bench; echo "code $?"; flock -u 9; ${unchanged}
mkdir /overlay/other; mv /rom/etc /rom/was; echo '{}' >/etc/overlaykit/plan.json; /helper bench; echo "code $?"
for words in x '--rounds' '--rounds 0' '--rounds 1.5' '--budget 9999999999' '--seconds -1' '--seconds x'; do /helper bench $words; echo "code $?"; done
echo '{"rung": "read-only"}' >/run/overlaykit/status.json; /helper bench; echo "code $?"`,
    });
    t.is(others.stdout, `code 6\nunchanged\ncode 3\n${'code 2\n'.repeat(7)}code 3`);
    t.regex(
      others.stderr,
      /bench: a snapshot, drop, sweep or bench is running; try again when it has ended$/m,
    );
    t.regex(others.stderr, /bench: the plan does not say how the union of rung "persistent" is mounted$/m);
    t.regex(others.stderr, /bench: this boot is on rung "read-only": it has no upper$/m);
  });

  testAsRoot(`${kind}: it follows no link that lies where it works, and works in memory too`, async (t) => {
    const linked = await board(kind, {
      before: 'ln -s /base /overlay/overlaykit/bench; echo precious >/base/file',
      script:
        '/helper bench --rounds 1 >/dev/null; echo "code $?"; cat /base/file; ls /base /overlay/overlaykit',
    });
    t.is(linked.stdout, 'code 0\nprecious\n/base:\nfile\n\n/overlay/overlaykit:', linked.stderr);
    const memory = await board(kind, {
      plan: planOf('tmpfs'),
      status: { ...usualStatus, rung: 'tmpfs', generation: '' },
      storage: 'tmpfs',
      before: 'mkdir /overlay/upper',
      script: `/helper bench --json --rounds 1; echo "code $?"; ${unchanged}`,
    });
    t.regex(memory.stdout, /\ncode 0\nunchanged$/, memory.stderr);
    t.like(reportIn(memory.stdout), { rung: 'tmpfs', storage: 'tmpfs', volatile: true });
  });

  testAsRoot(
    `${kind}: a union that the kernel does not have is said so, and nothing of it stays`,
    async (t) => {
      const steps = [
        { kind: 'mount', fstype: 'mini_fo', options: ['base=/', 'sto=/overlay/generations/1/upper'] },
      ];
      const { stdout, stderr } = await board(kind, {
        plan: { ladder: [{ name: 'persistent', steps }] },
        script: `/helper bench; echo "code $?"; ${unchanged}`,
      });
      t.is(stdout, 'code 4\nunchanged');
      t.regex(
        stderr,
        /^overlay_helper: bench: cannot mount mini_fo once more: mount -t mini_fo ENODEV \(.*kernel.*\) at /,
      );
    },
  );
}
