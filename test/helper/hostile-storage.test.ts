/** What lies on a storage that nobody vouches for, wrong words, and several helpers at once: a named message and no harm. */
import type { State } from '../../src/shared/state.ts';
import { firstState } from '../support/first-state.ts';
import { onHelperBoard } from '../support/helper-programs.ts';
import { type Kind, kinds } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';
import type { RunningBoardOptions } from '../support/running-board.ts';

const line = (change: Partial<State> = {}): string => firstState({ next: 9, ...change });

const board = (kind: Kind, options: Omit<RunningBoardOptions, 'helper'>) =>
  onHelperBoard(kind, { state: line(), ...options });

/** Generations beside the first: unnamed 2 and 3, and 4, which is called "good". */
const more = `cd /overlay/generations; mkdir -p 2/upper 2/work 3/upper 3/work 4/upper 4/work; echo good >4/name; cd /`;

for (const kind of kinds) {
  testAsRoot(`${kind}: whatever is in the slots, there is one line and no harm`, async (t) => {
    const newer = 'overlaykit-state 2 anything\\n';
    const cases: readonly (readonly [string, string])[] = [
      ['noise', 'head -c 3000 /dev/urandom >state.a; head -c 3000 /dev/urandom >state.b'],
      ['10 MB', 'head -c 10000000 /dev/zero >state.a; tr "\\\\0" 1 <state.a | head -c 5000000 >state.b'],
      ['newer', `printf '${newer}' >state.b`],
      ['links', 'rm state.a; ln -s /state state.a; ln -s /base state.b'],
      ['directories', 'rm state.a; mkdir state.a state.b'],
      ['fifos', 'rm state.a; mkfifo state.a state.b'],
      ['none', 'rm state.a'],
    ];
    for (const [name, break_] of cases) {
      const { stdout, stderr } = await board(kind, {
        before: `${more}; cd /overlay/overlaykit; ${break_}; cd /`,
        script: `find /overlay -printf '%p %s %y\\n' >/one; for verb in confirm 'try 4' snapshot sweep 'drop 4' rollback; do /helper $verb; echo "code $?"; done
find /overlay -printf '%p %s %y\\n' >/two; cmp /one /two && echo same; cat /state | cksum; /helper status >/dev/null; echo "code $?"; /helper state`,
      });
      t.regex(stdout, /^(code 3\n){6}same\n\d+ \d+\ncode 1\n/, `${name}: ${stderr}`);
      const expected =
        name === 'newer'
          ? /version 2: a newer overlaykit has been here$/
          : /no slot of the state is whole; the next boot makes it anew$/;
      for (const complaint of stderr.split('\n')) t.regex(complaint, expected, name);
    }
  });

  testAsRoot(`${kind}: a damaged slot is the next that is written, whatever it is`, async (t) => {
    for (const break_ of [
      'echo noise >state.b',
      'ln -s /state state.b',
      'mkdir state.b',
      'mkfifo state.b',
      'head -c 3000000 /dev/zero >state.b',
    ]) {
      const { stdout } = await board(kind, {
        before: `${more}; cd /overlay/overlaykit; ${break_}; cd /`,
        script:
          '/helper try good; cksum </state; cksum </overlay/overlaykit/state.a; /helper state; stat -c %s /overlay/overlaykit/state.b',
      });
      t.regex(
        stdout,
        /^generation 4 boots next\n[\s\S]*\n(\d+ \d+)\n\1\na: .*seq=1 .*\nb: .*seq=2 active=1 previous=- trying=4 .*\ncounts: b\n93$/,
        break_,
      );
    }
  });

  testAsRoot(
    `${kind}: two at once wait for each other, and long work is refused beside long work`,
    async (t) => {
      const { stdout, stderr } = await board(kind, {
        before: more,
        script: `for i in 1 2 3 4 5 6 7 8; do /helper try 4 >/dev/null & /helper rollback >/dev/null 2>&1 & done; wait; /helper state | head -2 | grep -c 'end='
flock /overlay/generations sh -c '/helper sweep; echo "code $?"; /helper confirm; echo "code $?"'`,
      });
      t.is(stdout, '2\ncode 6\ngeneration 1 is confirmed already\nchanged: no\ncode 0');
      t.is(
        stderr,
        'overlay_helper: sweep: a snapshot, drop, sweep or bench is running; try again when it has ended',
      );
    },
  );

  testAsRoot(`${kind}: links in the place of directories are not followed`, async (t) => {
    for (const break_ of [
      'mv overlaykit x; ln -s x overlaykit',
      'mv generations x; ln -s x generations',
      'rm -r overlaykit; echo x >overlaykit',
    ]) {
      const { stdout, stderr } = await board(kind, {
        unmounted: true,
        before: `cd /overlay; ${break_}; cd /`,
        script: 'for verb in confirm list sweep reset; do /helper $verb; echo "code $?"; done',
      });
      t.is(stdout, 'code 3\ncode 3\ncode 3\ncode 3');
      for (const complaint of stderr.split('\n'))
        t.regex(complaint, /: no storage of overlaykit is mounted at \/overlay: open ENOTDIR/);
    }
  });

  testAsRoot(`${kind}: wrong words say what there is`, async (t) => {
    const wrong = [
      'list x',
      'status --jsn',
      'try',
      'try 1 2',
      'try -x',
      'confirm 1',
      'name 1',
      'drop',
      'reset --dry',
      'reset a b',
      'sweep x',
      'tidy x',
      'state x',
      'rollback 1 2',
    ];
    const { stdout, stderr } = await board(kind, {
      script: `${wrong.map((words) => `/helper ${words}; echo "code $?"`).join('; ')}; /helper roll; echo "code $?"; /helper; echo "code $?"; /helper verify; echo "code $?"; /helper version`,
    });
    t.regex(
      stdout,
      new RegExp(
        `^(code 2\\n){${wrong.length + 3}}overlay_helper \\S+, QuickJS \\S+ \\(overlaykit\\.plan/1\\)$`,
      ),
    );
    const lines = stderr.split('\n');
    t.deepEqual(lines.slice(0, 4), [
      'usage: overlay_helper list [--json]',
      'usage: overlay_helper status [--json]',
      'usage: overlay_helper try NUMBER|NAME',
      'usage: overlay_helper try NUMBER|NAME',
    ]);
    t.is(lines[wrong.length], 'overlay_helper: there is no verb "roll"');
    t.true(lines.some((one) => one.startsWith('  overlay_helper rollback [NUMBER|NAME]: ')));
  });
}
