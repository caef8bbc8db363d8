/** `snapshot` against the kernel: find, getfattr and a second union say whether the copy is the same. */
import { firstState } from '../support/first-state.ts';
import { onHelperBoard } from '../support/helper-programs.ts';
import { type Kind, kinds } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';
import type { RunningBoardOptions } from '../support/running-board.ts';

const state = firstState();

const board = (kind: Kind, options: Omit<RunningBoardOptions, 'helper'>) =>
  onHelperBoard(kind, { state, ...options });

const base = `mkdir -p /base/etc/dir /base/gone /base/replaced/in /base/usr/bin
echo base >/base/etc/file; echo base >/base/etc/deleted; echo x >/base/gone/x; echo x >/base/replaced/in/x
echo base >/base/etc/dir/kept; ln -s file /base/etc/link; echo tool >/base/usr/bin/tool; chmod 4711 /base/usr/bin/tool`;

/** Everything that can be in an upper, most of it made by the union itself. */
const changes = `cd /merged
echo changed >etc/file; rm etc/deleted etc/link; rm -r gone replaced; mkdir replaced; echo new >replaced/new
chmod 2755 etc/dir; chown 12:34 usr/bin/tool; chmod 6751 usr/bin/tool
mkfifo pipe; mknod null c 1 3; mknod block b 7 99; ln -s 'no
where' link; ln -s ../.. up
echo one >one; ln one two; mkdir sub; ln one sub/three; ln pipe pipe2
: >empty; printf start >holes; truncate -s 3M holes; printf end >>holes; truncate -s 1T huge; printf x >>huge
head -c 100000 /dev/zero >zeros
: >"$(printf %0255d 0)"; : >'a b
c'; printf '\\351' | xargs -0 touch; : >-rf; : >' '
setfattr -n user.note -v 0x00ff0a etc/file; setfattr -n trusted.mine -v x sub; setfattr -h -n trusted.mine -v x link
setfattr -n security.capability -v 0x0100000200200000000000000000000000000000 one
setfattr -n system.posix_acl_access -v 0x0200000001000600ffffffff02000700e803000004000400ffffffff10000700ffffffff20000000ffffffff empty
touch -h -d '2001-02-03 04:05:06.123456789' link etc/file sub etc null pipe
touch -d '1969-01-01 00:00:00.5' one
perl -MSocket -e 'socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un("sub/socket"))'
cd /`;

/** One line for each entry: type, owner, mode, links, time, size, device, and what a link points at; then the attributes. */
const account = (folder: string): string =>
  `cd ${folder}; find . -mindepth 1 ! -type s -printf '%P|%y|%U:%G|%m|%T@|%l|' \\( -type f -printf '%n|%s\\n' -o -printf '\\n' \\) | LC_ALL=C sort
find . -type f ! -name huge -exec cksum {} + | LC_ALL=C sort
find . \\( -type c -o -type b \\) -exec stat -c '%n %t:%T' {} + | LC_ALL=C sort
find . ! -type s -print0 | LC_ALL=C sort -z | xargs -0 getfattr -h -d -m - -e hex; stat -c '%a %u %g %y' .`;

const compare = `(${account('/overlay/generations/1/upper')}) >/one 2>&1; (${account('/overlay/generations/2/upper')}) >/two 2>&1
cmp /one /two && echo same; wc -l </one`;

for (const kind of kinds) {
  for (const storage of ['tmpfs', 'ext4'] as const) {
    testAsRoot(
      `${kind}, ${storage}: the copy is the same in every respect, and boots the same`,
      async (t) => {
        const { stdout, stderr } = await board(kind, {
          storage,
          before: base,
          script: `${changes}
umask 077; /helper snapshot copy; echo "code $?"
(exec 9</merged/sub; ${compare})
diff /one /two
cd /; ls /overlay/generations/2; stat -c '%a' /overlay/generations/2 /overlay/generations/2/work; ls -A /overlay/generations/2/work
du -k /overlay/generations/2/upper/holes /overlay/generations/2/upper/huge
sync; (${account('/merged')}) >/one 2>&1; umount /merged
mount -t overlay -o lowerdir=/base,upperdir=/overlay/generations/2/upper,workdir=/overlay/generations/2/work overlay /merged
(${account('/merged')}) >/two 2>&1; diff /one /two && echo merged the same; cat /overlay/overlaykit/state.b`,
        });
        const lines = stdout.split('\n');
        t.regex(
          lines[0] ?? '',
          /^generation 2 "copy" is a copy of generation 1 bytes=\d+ inodes=\d+$/,
          stdout + stderr,
        );
        t.is(lines[1], '1 sockets are not copied: sub/socket');
        t.true(lines.includes('boot it once with: overlay_helper try 2'));
        t.true(lines.includes('code 0'));
        t.true(lines.includes('same'), stdout);
        t.true(Number(lines[lines.indexOf('same') + 1]) > 60);
        t.regex(stdout, /\nname\nupper\nwork\n755\n755\n\d+\t\/overlay/);
        const sizes = [...stdout.matchAll(/^(\d+)\t\/overlay.*(holes|huge)$/gm)].map(([, size]) =>
          Number(size),
        );
        t.is(sizes.length, 2);
        t.true(
          sizes.every((size) => size < 100),
          'holes stay holes',
        );
        t.true(lines.includes('merged the same'), stdout);
        t.regex(
          stdout,
          /^overlaykit-state 1 seq=2 active=1 previous=- trying=- attempts=0 next=3 reset=- end=/m,
        );
      },
    );
  }

  testAsRoot(`${kind}: a tree of 1,000 levels, and paths longer than any path may be`, async (t) => {
    const { stdout, stderr } = await board(kind, {
      bytes: 64 * 2 ** 20,
      before: `perl -e 'for ([1000, "d"], [40, "0" x 255]) { chdir "/overlay/generations/1/upper"; for my $i (1..$_->[0]) { mkdir $_->[1]; chdir $_->[1] } open F, ">bottom"; print F "x\\n"; close F }'`,
      script: `/helper snapshot; echo "code $?"; cd /overlay/generations
for n in 1 2; do (cd $n/upper; find . -printf '%y %m %T@ %d\\n' | LC_ALL=C sort; find . -name bottom -execdir cat {} +) >/$n; done; cmp /1 /2 && wc -l </2
cd /; /helper rollback 2 >/dev/null; /helper rollback 1 >/dev/null; /helper drop 2; echo "code $?"; ls /overlay/generations`,
    });
    t.regex(stdout, /code 0\n1045\ngeneration 2 is dropped\ncode 0\n1$/, stdout + stderr);
    t.is(stderr, '');
  });

  testAsRoot(`${kind}: what would not fit is refused before anything is made`, async (t) => {
    const { stdout, stderr } = await board(kind, {
      storage: 'ext4',
      before: 'head -c 9000000 /dev/urandom >/overlay/generations/1/upper/big',
      script: '/helper snapshot; echo "code $?"; ls /overlay/generations; cat /overlay/overlaykit/state.*',
    });
    t.regex(
      stderr,
      /^overlay_helper: snapshot: no room: the copy needs 9\d{6} bytes with its reserve, \d+ are free; \d+ are missing$/,
    );
    t.is(stdout, `code 3\n1\n${state.trimEnd()}`);
  });

  testAsRoot(`${kind}: a storage that fills up meanwhile keeps nothing of the copy`, async (t) => {
    const { stdout, stderr } = await board(kind, {
      storage: 'ext4',
      // Names outside the upper make the file look smaller than its copy will be.
      before: `cd /overlay/generations/1/upper; echo first >a; head -c 9000000 /dev/urandom >b
mkdir /overlay/outside; for i in 1 2 3 4 5 6 7 8 9; do ln b /overlay/outside/$i; done; cd /`,
      script: `/helper snapshot; echo "code $?"; ls /overlay/generations; /helper state | tail -1
rm /merged/b; /helper snapshot; echo "code $?"`,
    });
    t.regex(
      stderr,
      /^overlay_helper: snapshot: cannot copy b: write ENOSPC \(the storage is full\) at \w+\+\d+ < [^\n]* in board-\w{8}$/,
    );
    t.regex(stdout, /^code 4\n1\ncounts: b\ngeneration 3 "snapshot-3" [\s\S]*code 0$/);
  });

  testAsRoot(`${kind}: while files are written to, the copy ends, and says which are`, async (t) => {
    // Whoever writes has to get a turn in each of the three copies, whatever else this machine does: the kernel shares one
    // processor fairly between processes on it, but processors of a virtual machine may stand still for longer than a copy takes.
    const { stdout } = await board(kind, {
      bytes: 96 * 2 ** 20,
      script: `taskset -cp "$(taskset -cp $$ | sed 's/.*: //; s/[-,].*//')" $$ >/dev/null
head -c 30000000 /dev/urandom >/merged/log; echo still >/merged/other
perl -e 'open F, "+</merged/log"; while (1) { sysseek F, 0, 0; syswrite F, "line\\n"; open B, ">/begun" if !$begun++ }' & writer=$!
until [ -e /begun ]; do sleep 0.01; done
nice -n 5 /helper snapshot; echo "code $?"; kill $writer; wait $writer 2>/dev/null; cmp -i 5 /merged/log /overlay/generations/2/upper/log && echo same`,
    });
    t.regex(stdout, /^1 were written to all the time, and may be copied half-written: log$/m);
    t.regex(stdout, /code 0\nsame$/);
  });

  testAsRoot(
    `${kind}: immutable files are copied, and it is said that the copy is not immutable`,
    async (t) => {
      const { stdout, stderr } = await board(kind, {
        storage: 'ext4',
        before: 'echo x >/overlay/generations/1/upper/fixed; chattr +i /overlay/generations/1/upper/fixed',
        script:
          '/helper snapshot; lsattr /overlay/generations/2/upper/fixed; chattr -i /overlay/generations/1/upper/fixed',
      });
      t.regex(stdout, /^1 are immutable or append-only, which the copies are not: fixed$/m, stderr);
      t.notRegex(stdout, /^\S*i\S* \/overlay/m);
    },
  );

  testAsRoot(`${kind}: no more than the plan keeps, no name twice, no name that is none`, async (t) => {
    const { stdout, stderr } = await board(kind, {
      plan: { generations: { keep: 3 } },
      script: `for name in one one 2 -x 'a
b' two three; do /helper snapshot "$name"; echo "code $?"; done; /helper list; cat /overlay/generations/*/name`,
    });
    t.deepEqual(
      stdout.split('\n').filter((line) => line.startsWith('code')),
      ['code 0', 'code 3', 'code 3', 'code 2', 'code 3', 'code 0', 'code 3'],
    );
    t.regex(stderr, /generation 2 is called "one" already/);
    t.regex(stderr, /"2" is no name: a letter, then at most 39 letters, digits or \. _ \+ -/);
    t.regex(stderr, /there are 3 generations, and the plan keeps 3 at most; drop one first$/);
    t.regex(stdout, /^2 - bytes=\d+ inodes=\d+ name=one$/m);
    t.regex(stdout, /\none\ntwo$/);
  });
}
