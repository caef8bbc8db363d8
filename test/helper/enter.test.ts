import test from 'ava';
import { run } from '../../src/helper/boot-verbs.ts';
import { helperPlan } from '../support/helper-plan.ts';
import { ModelBoard, type ModelOptions, usualMounts } from '../support/model-board.ts';

const words = ['enter', '/etc/overlaykit/plan.json', 'persistent', 'single', 'k=v'];

function enter(options: Omit<ModelOptions, 'plan'> & { readonly plan?: unknown }): ModelBoard {
  const board = new ModelBoard({ plan: helperPlan(), ...options });
  run(board, words);
  return board;
}

const merged = [
  '/ is /mnt (overlay)',
  '/dev is /dev (devtmpfs)',
  '/dev/pts is /dev/pts (devpts)',
  '/overlay is /overlay (jffs2)',
  '/proc is /proc (proc)',
  '/rom is / (squashfs)',
  '/run is /run (tmpfs)',
  '/sys is /sys (sysfs)',
];

for (const how of ['pivot', 'chroot'] as const) {
  const plan = helperPlan({ how });
  const complete = enter({ plan });

  test(`${how}: init runs in the merged root, with the old root and the carried mounts at their places`, (t) => {
    const [first] = complete.executions;
    t.is(first?.path, '/sbin/init');
    t.deepEqual(first?.words, ['/sbin/init', 'single', 'k=v']);
    const seen = JSON.parse(first?.state ?? '{}');
    t.deepEqual(seen.seen, merged);
    t.is(seen.console, '/dev/console');
    t.is(seen.directory, how === 'pivot' ? '/' : '/mnt');
  });

  const steps = complete.calls.indexOf('execve /sbin/init') + 1;
  const console = complete.calls.indexOf('open /dev/console') + 1;

  test(`${how}: whichever call fails, everything is undone and overlay_init goes on with the reason`, (t) => {
    t.true(steps > 12);
    const before = new ModelBoard({ plan }).state();
    for (let n = 1; n <= steps; n++) {
      const board = enter({ plan, failing: [n] });
      const [first] = board.executions;
      if (n === console) {
        t.is(first?.path, '/sbin/init', 'a board without a console boots all the same');
        continue;
      }
      t.is(first?.path, '/sbin/overlay_init', `call ${n}: ${board.calls[n - 1]}`);
      t.is(first?.state, before, `call ${n}: ${board.calls[n - 1]}`);
      t.deepEqual(first?.words, ['/sbin/overlay_init', 'single', 'k=v']);
      const [why, rung] = first?.environment.slice(-2) ?? [];
      t.regex(why ?? '', /^OVERLAYKIT_HELPER_FAILED=\S.*: \S+ EIO \(the storage/);
      t.is(rung, 'OVERLAYKIT_RUNG=persistent');
      t.is(board.complaints.length, 1);
      t.is(board.logged.at(-1), board.complaints[0]);
    }
  });

  test(`${how}: whichever two calls fail, something is executed, and a failed undo is told`, (t) => {
    for (let n = 1; n <= steps; n++) {
      for (let m = n + 1; m <= enter({ plan, failing: [n] }).calls.length; m++) {
        const board = enter({ plan, failing: [n, m] });
        const second = board.calls[m - 1] ?? '';
        if (second === 'execve /sbin/overlay_init') {
          t.is(board.executions.length, 0);
          t.regex(board.complaints.at(-1) ?? '', /cannot execute overlay_init again: execve EIO/);
        } else if (n !== console) {
          t.is(board.executions[0]?.path, '/sbin/overlay_init', `calls ${n} and ${m}: ${second}`);
          t.true(
            board.logged.some((line) => line.includes('cannot undo')),
            `calls ${n} and ${m}: ${second}`,
          );
        }
      }
    }
  });
}

test('words between script and helper do not reach init, nor overlay_init a second time', (t) => {
  const remembered = [
    'OVERLAYKIT_SO_FAR=4 1 mtd1 ',
    'OVERLAYKIT_REASONS="x"',
    'OVERLAYKIT_NOTES="y"',
    'OVERLAYKIT_JOB=70',
  ];
  const environment = [
    'HOME=/',
    'OVERLAYKIT_HELPER_FAILED=old',
    'OVERLAYKIT_RUNG=old',
    'OVERLAYKITX=mine',
    ...remembered,
  ];
  t.deepEqual(enter({ environment }).executions[0]?.environment, ['HOME=/', 'OVERLAYKITX=mine']);
  const failed = enter({ environment, broken: ['/sbin/init'] }).executions[0]?.environment ?? [];
  t.is(failed.filter((word) => word.startsWith('OVERLAYKIT_')).length, 2 + remembered.length);
  t.deepEqual(
    failed.filter((word) => remembered.includes(word)),
    remembered,
  );
  t.regex(
    failed.at(-2) ?? '',
    /cannot execute \/sbin\/init in the merged root: execve ENOEXEC \(a program for/,
  );
});

test('mounts that are not there are not carried, and those inside another move with it', (t) => {
  const carried = ['/proc', '/sys', '/dev', '/dev/pts', '/run'];
  const mounts = usualMounts.filter(([path]) => path !== '/sys');
  const board = enter({ plan: helperPlan({ carried }), mounts });
  const moves = board.calls.filter((call) => call.startsWith('move'));
  t.deepEqual(moves.slice(0, 3), ['move /proc /mnt/proc', 'move /dev /mnt/dev', 'move /run /mnt/run']);
  t.is(board.executions[0]?.path, '/sbin/init');
});

test('a mount point that is a symbolic link or a file in the merged root is not followed', (t) => {
  for (const mode of [0o120777, 0o100644]) {
    const board = enter({ files: { '/mnt/run': { mode, content: '/etc' } } });
    t.is(board.executions[0]?.path, '/sbin/overlay_init');
    t.regex(board.complaints[0] ?? '', /\/mnt\/run is not a directory/);
    t.false(board.calls.includes('move /run /mnt/run'));
  }
});

test('on a running system, where it is not PID 1, nothing is touched and nothing executed', (t) => {
  const board = enter({ pid: 1234 });
  t.deepEqual(board.executions, []);
  t.regex(board.complaints[0] ?? '', /only PID 1 can enter/);
  t.deepEqual(board.calls, ['open /etc/overlaykit/plan.json']);
});

test('a reason is one short line of plain characters, whatever a path has in it', (t) => {
  const board = enter({ plan: helperPlan({ init: `/sbin/\n\x1b[2J${'x'.repeat(1000)}` }) });
  const why = board.executions.at(-1)?.environment.at(-2) ?? '';
  t.regex(why, /^[ -~]+$/);
  t.true(why.length < 500);
});

test('an entry of a rung that has no union is refused, and overlay_init goes on', (t) => {
  const board = new ModelBoard({ plan: helperPlan() });
  run(board, ['enter', '/plan', 'read-only']);
  t.is(board.executions[0]?.path, '/sbin/overlay_init');
  t.regex(board.complaints[0] ?? '', /rung "read-only" has no verify step/);
});

test('what belongs to a release gives back to the overlay_init of that release', (t) => {
  const folder = '/etc/overlaykit/releases/0123456789abcdef';
  const board = new ModelBoard({
    plan: helperPlan(),
    files: { [`${folder}/overlay_init`]: { content: '#!/bin/sh\n' } },
  });
  run(board, ['enter', `${folder}/plan.json`, 'read-only', 'single']);
  t.is(board.executions[0]?.path, `${folder}/overlay_init`);
  t.deepEqual(board.executions[0]?.words, [`${folder}/overlay_init`, 'single']);
});
