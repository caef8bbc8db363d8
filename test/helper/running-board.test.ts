/** The verbs of the running board against the kernel: what they say and what they change. */
import type { BoardReport, GenerationsReport } from '../../src/shared/report.ts';
import type { State } from '../../src/shared/state.ts';
import { firstState } from '../support/first-state.ts';
import { onHelperBoard } from '../support/helper-programs.ts';
import { type Kind, kinds } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';
import { type RunningBoardOptions, usualStatus } from '../support/running-board.ts';

const line = (change: Partial<State> = {}): string => firstState({ next: 9, ...change });

const board = (kind: Kind, options: Omit<RunningBoardOptions, 'helper'>) =>
  onHelperBoard(kind, { state: line(), ...options });

/** Generations beside the first: unnamed 2 and 3, and 4, which is called "good". */
const more = `cd /overlay/generations; mkdir -p 2/upper 2/work 3/upper 3/work 4/upper 4/work; echo good >4/name; cd /`;

for (const kind of kinds) {
  testAsRoot(`${kind}: status says what is, and exits with 1 where something is wrong`, async (t) => {
    const { stdout } = await board(kind, {
      storage: 'ext4',
      before: `mkdir /overlay/overlaykit/boots; echo '9 up' >/overlay/overlaykit/boots/1; echo '10 up' >/overlay/overlaykit/boots/2; printf '8\\001 up' >/overlay/overlaykit/boots/0`,
      script:
        '/helper status; echo "code $?"; echo noise >/overlay/overlaykit/state.b; /helper status --json; echo "code $?"',
    });
    const [words = '', json = ''] = stdout.split('code 0\n');
    t.regex(words, /^board: test\nplan: abc\nrung: persistent\n/);
    t.regex(
      words,
      /^generation: 1\nattempts: 0 of 3\nactive: 1\nprevious: -\ntrying: -\nnext: 9\nslots: a counts, b missing$/m,
    );
    t.regex(
      words,
      /^storage: ext4\nfree-bytes: \d+ of \d+\nfree-inodes: \d+ of \d+\nvolatile: no\nfull: no$/m,
    );
    t.regex(words, /^boot: 8\? up\nboot: 9 up\nboot: 10 up$/m);
    t.notRegex(words, /trouble/);
    t.regex(json, /\ncode 1$/);
    const report = JSON.parse(json.split('\n')[0] ?? '') as BoardReport;
    t.like(report, { schema: 'overlaykit.status/1', rung: 'persistent', booted: 1, reasons: [] });
    t.deepEqual(report.slots, { a: 'counts', b: 'damaged' });
    t.like(report.state, { seq: 1, active: 1, previous: null });
    t.deepEqual(report.troubles, ['slot b of the state is damaged; the other one counts']);
    t.deepEqual(report.boots, ['8? up', '9 up', '10 up']);
  });

  testAsRoot(`${kind}: on a rung without a generation everything is said, and nothing changed`, async (t) => {
    const reasons = ['persistent: step 4, "mount": failed', 'ä\n\x1b[31m'];
    const verbs = [
      'snapshot',
      'try 1',
      'confirm',
      'rollback',
      'drop 1',
      'name 1 x',
      'reset',
      'reset /x',
      'sweep',
    ];
    const { stdout, stderr } = await board(kind, {
      status: { ...usualStatus, rung: 'tmpfs', generation: '', reasons },
      script: `find /overlay >/one; ${verbs.map((verb) => `/helper ${verb}; echo "code $?"`).join('; ')}
find /overlay >/two; cmp /one /two && echo same; /helper status; echo "code $?"`,
    });
    t.regex(stdout, new RegExp(`^(code 7\\n){${verbs.length}}same\n`));
    const why =
      /: this boot is on rung "tmpfs": it uses no generation; changes are in memory, and a restart forgets them all$/gm;
    t.is(stderr.match(why)?.length, verbs.length);
    const stored = await board(kind, {
      status: { ...usualStatus, rung: 'tmpfs', generation: '' },
      plan: {
        storage: {
          find: { kind: 'find-storage', address: { by: 'label', label: 'data' } },
          mount: { kind: 'mount', fstype: 'ext4', source: { kind: 'storage' } },
        },
      },
      script: `/helper reset; echo "code $?"`,
    });
    t.is(stored.stdout.trimEnd(), 'code 7');
    t.regex(
      stored.stderr,
      /a restart forgets them all; "overlay_helper commit PATH" brings those at a path to the storage$/m,
    );
    const readOnly = await board(kind, {
      status: { ...usualStatus, rung: 'read-only', generation: '' },
      script: `/helper reset; echo "code $?"`,
    });
    t.is(readOnly.stdout.trimEnd(), 'code 3');
    t.regex(readOnly.stderr, /: this boot is on rung "read-only": it uses no generation$/m);
    t.regex(stdout, /^given-up: persistent: step 4, "mount": failed\ngiven-up: \?\?\?\[31m$/m);
    t.regex(stdout, /^trouble: rung tmpfs: changes are not kept$/m);
    t.regex(stdout, /\ncode 1$/);
  });

  testAsRoot(`${kind}: the rung "previous" runs on a generation like any other`, async (t) => {
    const { stdout, stderr } = await board(kind, {
      state: line({ active: 4, attempts: 1 }),
      status: { ...usualStatus, rung: 'previous', generation: '4', reasons: ['persistent: step 7: failed'] },
      before: more,
      script: `/helper confirm; echo "code $?"; /helper snapshot copy; echo "code $?"; /helper reset; echo "code $?"
/helper state; /helper list`,
    });
    t.is(stdout.match(/^code 0$/gm)?.length, 3, stdout + stderr);
    t.regex(stdout, /^generation 4 is confirmed$/m);
    t.regex(stdout, /^generation 9 "copy" is a copy of generation 4 /m);
    t.regex(stdout, /^the next boot goes back to factory state$/m);
    t.regex(stdout, / active=4 .* attempts=0 /);
    t.regex(stdout, /^4 active,booted /m);
  });

  testAsRoot(`${kind}: list says which generation is what, and what is none`, async (t) => {
    const { stdout } = await board(kind, {
      state: line({ previous: 2, reset: 3 }),
      before: `${more}; cd /overlay/generations; mkdir 7.partial; : >'a
b'; printf 'x\ny' >3/name; cd /`,
      script: '/helper list; /helper list --json',
    });
    const lines = stdout.split('\n');
    t.regex(lines[0] ?? '', /^1 active,booted bytes=\d+ inodes=\d+ name=-$/);
    t.regex(lines[1] ?? '', /^2 previous bytes=\d+ inodes=3 name=-$/);
    t.regex(lines[2] ?? '', /^3 - bytes=\d+ inodes=4 name=x$/);
    t.regex(lines[3] ?? '', /^4 - bytes=\d+ inodes=4 name=good$/);
    t.deepEqual(lines.slice(4, 6).sort(), [
      'other "7.partial": no complete generation, deleted by the next sweep',
      'other "a?b": no complete generation, deleted by the next sweep',
    ]);
    const { generations } = JSON.parse(lines[6] ?? '') as GenerationsReport;
    t.deepEqual(
      generations.map(({ number, roles, name, doomed }) => [number, roles, name, doomed]),
      [
        [1, ['active', 'booted'], null, false],
        [2, ['previous'], null, false],
        [3, [], 'x', false],
        [4, [], 'good', false],
      ],
    );
  });

  testAsRoot(`${kind}: a sweep deletes what nothing keeps, and nothing else`, async (t) => {
    const { stdout, stderr } = await board(kind, {
      storage: 'ext4',
      state: line({ previous: 2, trying: 5, reset: 2 }),
      before: `${more}; cd /overlay/generations; mkdir -p 5/upper 1.5 00 8.partial/upper/a/b 6/upper/.hidden/x; echo old >1.txt; mkdir -p 7; echo ' ' >7/name
echo y >6/upper/.hidden/.y; mknod 6/upper/gone c 0 0; mkfifo 6/upper/pipe; setfattr -n trusted.overlay.opaque -v y 6/upper/.hidden
ln -s /base linked; ln -s /base 9; ln -s /base 6/upper/base; echo precious >/base/file
mkdir -p /overlay/other/in 3/upper/mounted; echo precious >/overlay/other/in/file; mount --bind /overlay/other 3/upper/mounted; cd /`,
      script: `/helper sweep; echo "code $?"; ls -A /overlay/generations; ls -A /overlay/generations/3.partial/upper; cat /base/file /overlay/other/in/file
umount /overlay/generations/3.partial/upper/mounted; /helper sweep; echo "code $?"; ls -A /overlay/generations | wc -l; /helper sweep`,
    });
    t.regex(
      stderr,
      /^overlay_helper: sweep: cannot delete \/overlay\/generations\/3\.partial\/upper\/mounted: open EXDEV \(something is mounted there\) at [\w+< ]+ in board-\w{8}$/m,
    );
    t.regex(stdout, /^sweep: deleted linked$/m);
    t.regex(stdout, /^sweep: deleted 9$/m);
    t.regex(
      stdout,
      /^code 1\n1\n2\n3.partial\n4\n5\n7\nmounted\nprecious\nprecious\nsweep: deleted 3.partial\ncode 0\n5\nsweep: nothing to delete$/m,
    );
  });

  testAsRoot(
    `${kind}: what is immutable is deleted all the same where nothing keeps it, and stays where something does`,
    async (t) => {
      const { stdout, stderr } = await board(kind, {
        storage: 'ext4',
        before: `${more}; cd /overlay/generations; mkdir -p 2/upper/a/b/c/d 2/upper/e; echo x >2/upper/a/b/c/d/fixed; echo x >2/upper/e/log; echo x >4/upper/kept
chattr +i 2/upper/a/b/c/d/fixed 2/upper/a/b/c 4/upper/kept 3; chattr +a 2/upper/e/log 2/upper/e; cd /`,
        script: `/helper sweep; echo "code $?"; cd /overlay/generations; ls; lsattr 4/upper/kept | cut -c 1-5; chattr -i 4/upper/kept`,
      });
      t.is(stderr, '');
      t.regex(stdout, /^sweep: deleted 2.partial$/m);
      t.regex(stdout, /^code 0\n1\n4\n----i$/m);
    },
  );

  testAsRoot(
    `${kind}: 20,000 files in one directory are deleted in little memory, and a killed sweep is taken up`,
    async (t) => {
      const limit = kind === 'release' ? 'prlimit --as=4194304 -- ' : '';
      const { stdout, stderr } = await board(kind, {
        before: `${more}; cd /overlay/generations/2/upper; perl -e 'for (1..20000) { open F, ">some-file-$_"; close F } for (1..3000) { mkdir "some-directory-$_" }'; cd /`,
        script: `(ulimit -t 1; /helper sweep) & sleep 0.02; kill -9 $! 2>/dev/null; wait $! 2>/dev/null; ls /overlay/generations >&2
${limit}/helper sweep; echo "code $?"; ls /overlay/generations; /helper state | tail -1`,
      });
      t.regex(stdout, /code 0\n1\n4\ncounts: a$/, stderr);
    },
  );

  testAsRoot(`${kind}: the changes at one path are forgotten before the next mount, exactly`, async (t) => {
    const { stdout, stderr } = await board(kind, {
      plan: { reset: { keep: ['/etc/keep', '/var/none'] } },
      before: `mkdir -p /base/etc/dir /base/gone /base/again; echo base >/base/etc/file; echo base >/base/etc/dir/x; echo base >/base/again/x; echo base >/base/gone/x; cp -a /base /reference`,
      script: `cd /merged; echo changed >etc/file; echo new >etc/new; rm -r etc/dir gone again; mkdir again; echo mine >again/mine; echo kept >etc/keep; mkdir 'a b'; echo x >'a b/x
y'; ls etc >/etc-before; cd /
for path in /again/x /gone/x /nothing /etc/file /etc/dir '/a b/x
y' relative /etc/../x / /overlay/x; do /helper reset "$path"; echo "code $?"; done
/helper reset --dry-run /etc; echo "code $?"; /helper reset --dry-run; /helper reset --dry-run relative; echo "code $?"; /helper status | grep paths
find /overlay/generations/1/upper | sort | cksum; /helper tidy; echo "code $?"; find /overlay/generations/1/upper | sort | cksum
umount /merged; /helper tidy; echo "code $?"; /helper tidy; /helper sweep
mount -t overlay -o lowerdir=/base,upperdir=/overlay/generations/1/upper,workdir=/overlay/generations/1/work overlay /merged
cd /merged; cat etc/file etc/dir/x again/mine etc/new etc/keep; ls 'a b' | wc -l; ls gone; ls -A /overlay/overlaykit`,
    });
    t.deepEqual(
      stderr.split('\n').filter((one) => one.includes('reset:')),
      [
        "overlay_helper: reset: /again replaces the base's directory; reset that instead",
        'overlay_helper: reset: /gone was deleted; reset that instead',
        'overlay_helper: reset: "relative" is no absolute path without "." and ".."',
        'overlay_helper: reset: "/etc/../x" is no absolute path without "." and ".."',
        'overlay_helper: reset: "/" is no absolute path without "." and ".."',
        'overlay_helper: reset: "relative" is no absolute path without "." and ".."',
      ],
    );
    t.regex(
      stdout,
      /nothing is changed at \/nothing\nchanged: no\ncode 0\nthe next boot forgets the changes at \/etc\/file of generation 1\n[^\n]+\nchanged: yes\ncode 0\n/,
    );
    t.regex(
      stdout,
      /^goes \/etc bytes=\d+ inodes=5\nchanged: yes\ncode 0\nstays \/etc\/keep bytes=4096 inodes=1\n/m,
    );
    t.regex(stdout, /^goes \/etc bytes=\d+ inodes=4$/m);
    t.regex(stdout, /^goes \/a b bytes=4096 inodes=2$/m);
    t.regex(
      stdout,
      /^paths-to-reset: 3\n(\d+ \d+)\ncode 3\n\1\ntidy: \/etc\/file of generation 1: changes forgotten$/m,
    );
    t.regex(stderr, /tidy: a union is mounted; its upper must not be touched/);
    t.regex(
      stdout,
      /^tidy: \/a b\/x\?y of generation 1: changes forgotten\ncode 0\ntidy: nothing was asked for$/m,
    );
    t.regex(stdout, /\nbase\nbase\nmine\nnew\nkept\n0\nstate.a$/);
  });

  testAsRoot(`${kind}: a path is asked for once, and what lies below it with it`, async (t) => {
    const requests = 'grep -c end= /overlay/overlaykit/reset-paths';
    const paths = ['/etc/dir', '/etc/dir', '/etc/dir/x', '/etc/di', '/etc'];
    const { stdout, stderr } = await board(kind, {
      before: 'mkdir -p /base/etc/dir',
      script: `cd /merged/etc; echo x >dir/x; echo y >di; cd /
for path in ${paths.join(' ')}; do /helper reset --dry-run $path | tail -1; /helper reset $path | sed '/until then/d'; ${requests}; done
cp /overlay/overlaykit/reset-paths /whole; printf 'noise' >/overlay/overlaykit/reset-paths; /helper reset /etc/di | tail -1
sed 's/ 1 1 / 1 7 /' /whole >/overlay/overlaykit/reset-paths; /helper reset /etc/di | tail -1`,
    });
    const told = (isNew: boolean, path: string, all: number): string => {
      const [what, changed] = isNew ? ['forgets', 'yes'] : ['was asked already to forget', 'no'];
      const words = `the next boot ${what} the changes at ${path} of generation 1`;
      return `changed: ${changed}\n${words}\nchanged: ${changed}\n${all}\n`;
    };
    t.is(
      stdout,
      [
        told(true, '/etc/dir', 1),
        told(false, '/etc/dir', 1),
        told(false, '/etc/dir/x', 1),
        told(true, '/etc/di', 2),
        told(true, '/etc', 3),
        // A line that is none, and those of another generation, ask for nothing.
        'changed: yes\nchanged: yes',
      ].join(''),
      stderr,
    );
  });

  testAsRoot(`${kind}: a reset is asked for durably, once, and says what stays`, async (t) => {
    const { stdout } = await board(kind, {
      plan: { reset: { keep: ['/etc/keep'] } },
      script:
        '/helper reset --dry-run; /helper reset; /helper reset --dry-run; /helper reset; cat /overlay/overlaykit/reset; /helper status | grep reset-asked; ls /overlay/generations',
    });
    t.regex(
      stdout,
      /^nothing is changed there\nchanged: yes\nstays \/etc\/keep\nthe next boot goes back to factory state\n[^\n]+\nchanged: yes\nnothing is changed there\nchanged: no\n/,
    );
    t.regex(stdout, /the next boot was asked already to go back to factory state\n[^\n]+\nchanged: no\n/);
    t.regex(stdout, /asked for by overlay_helper reset\nreset-asked: yes\n1$/);
  });
}
