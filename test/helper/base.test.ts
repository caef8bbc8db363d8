/** The base under the upper, against the kernel: uppers that a union has made on one base, brought over to another. */
import type { BaseReport } from '../../src/shared/report.ts';
import { firstState } from '../support/first-state.ts';
import { onHelperBoard } from '../support/helper-programs.ts';
import { type Kind, kinds } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';
import type { RunningBoardOptions } from '../support/running-board.ts';

const state = firstState();

const plan = (policy: string, lowerdirs: readonly string[] = ['/base']) => ({
  ladder: [{ steps: [{ kind: 'check-base', policy, system: 'overlay', lowerdirs, safe: true, keep: [] }] }],
});

const board = (
  kind: Kind,
  policy: string,
  options: Omit<RunningBoardOptions, 'helper'>,
  lowerdirs?: readonly string[],
) => onHelperBoard(kind, { state, plan: plan(policy, lowerdirs), ...options });

const v1 = '1'.repeat(32);
const v2 = '2'.repeat(32);
const identity = (value: string): string => `echo overlaykit-base 1 ${value}`;

/** The first base. Everything in /base/same is as it was in the second one. */
const first = `ln -s / /rom; ${identity(v1)} >/etc/overlaykit/base; ${identity(v1)} >/overlay/generations/1/base
mkdir -p /base/etc/gone /base/etc/replaced /base/etc/dir /base/etc/turned /base/same/dir /base/etc/mode
echo 1 >/base/etc/edited; echo 1 >/base/etc/fixed; echo 1 >/base/etc/deleted; echo 1 >/base/etc/orphan; echo 1 >/base/etc/gone/orphan
echo 1 >/base/etc/replaced/old; echo 1 >/base/etc/file; echo 1 >/base/etc/dir/x; ln -s old /base/etc/link; echo 1 >/base/etc/late
echo 1 >/base/etc/setuid; echo 1 >/base/etc/turned/x
echo same >/base/same/edited; echo same >/base/same/deleted; echo same >/base/same/dir/x; ln -s same /base/same/link`;

/** What somebody does on it, through the union. */
const edits = `cd /merged
echo mine >etc/edited; echo 2 >etc/fixed; rm etc/deleted etc/orphan etc/gone/orphan; rm -r etc/replaced; mkdir etc/replaced; echo mine >etc/replaced/mine
echo mine >etc/dir/mine; rm etc/link; ln -s mine etc/link; echo mine >etc/created; mkdir etc/made; echo mine >etc/made/mine
chmod 700 etc/mode; echo mine >'etc/a b
c'; chmod 600 etc/setuid; rm -r etc/turned; echo mine >etc/turned
echo mine >same/edited; rm same/deleted; rm -r same/dir; mkdir same/dir; rm same/link; ln -s mine same/link; chmod 711 same
cd /`;

/** The second base. */
const second = `${identity(v2)} >/etc/overlaykit/base
echo 2 >/base/etc/edited; echo 2 >/base/etc/fixed; chmod 644 /base/etc/fixed; echo 2 >/base/etc/deleted; rm /base/etc/orphan; rm -r /base/etc/gone
echo 2 >/base/etc/replaced/fresh; rm -r /base/etc/dir; echo 2 >/base/etc/dir; ln -sfn new /base/etc/link; echo 2 >/base/etc/created
echo 2 >'/base/etc/a b
c'; chmod 711 /base/etc/mode; chmod 4755 /base/etc/setuid; echo 2 >/base/etc/late; echo 2 >/base/etc/turned/x; echo 2 >/base/etc/unedited`;

const remount =
  'mount -t overlay -o lowerdir=/base,upperdir=/overlay/generations/1/upper,workdir=/overlay/generations/1/work,index=off,metacopy=off,redirect_dir=nofollow,xino=off overlay /merged';

/** The report by its facts, one "kind path words" each. */
const facts = (text: string): readonly string[] =>
  (JSON.parse(text) as BaseReport).facts
    .map(({ kind, path, words }) => `${kind} ${path} ${words}`.trim())
    .sort();

const waiting = [
  'attributes /etc/mode base=0711:0:0',
  'changed /etc/edited',
  'changed /etc/link',
  'changed /etc/setuid',
  'deleted /etc/deleted',
  'new /etc/a b\nc',
  'new /etc/created',
  'opaque /etc/replaced',
  'type /etc/dir directory-over-file',
  'type /etc/turned file-over-directory',
  'unknown /etc/late',
];
const orphans = ['orphan /etc/gone/orphan', 'orphan /etc/orphan'];

for (const kind of kinds) {
  for (const storage of ['tmpfs', 'ext4'] as const) {
    testAsRoot(
      `${kind}, ${storage}: a new base is compared with the one that each edit was made on`,
      async (t) => {
        const { stdout, stderr } = await board(kind, 'review', {
          storage,
          before: first,
          script: `${edits}
/helper base --json; /helper record; echo "code $?"; echo late >/merged/etc/late; umount /merged; ${second}
/helper rebase 1; echo "code $?"; cat /overlay/generations/1/base; ls -A /overlay/generations/1/work; getfattr -R -h -m 'overlay.(origin|nlink|uuid)' /overlay/generations/1/upper; ${remount}
find /merged -type c; cat /merged/etc/edited /merged/etc/replaced/mine /merged/etc/dir/mine /merged/etc/turned
cat /merged/etc/unedited; echo ====
/helper base --json; echo "code $?"; /helper status | grep -e ^base -e decide
head -n -1 /overlay/generations/1/base-report >/one; cmp /run/overlaykit/base-report /one
head -1 /overlay/generations/1/base-report; find /overlay/generations/1 -name '*.new'`,
        });
        const [before = '', after = ''] = stdout.split('====\n');
        t.deepEqual(facts(before.split('\n')[0] ?? ''), []);
        t.regex(
          before,
          /\ncode 0\nthe base has changed under generation 1: 11 paths hide something new, 2 were cleaned; see overlay_helper base\ncode 0\n/,
        );
        t.regex(
          before,
          new RegExp(`code 0\noverlaykit-base 1 ${v2}\nmine\nmine\nmine\nmine\n2\n$`),
          before + stderr,
        );
        const [json = '', ...rest] = after.split('\n');
        t.deepEqual(facts(json), [...waiting, ...orphans].sort());
        t.like(JSON.parse(json), { image: v2, fits: v2, from: v1, policy: 'review', generation: 1, lost: 0 });
        t.deepEqual(rest, [
          'code 1',
          `base: ${v2}`,
          `base-fits: ${v2}`,
          'base-waiting: 11',
          'trouble: 11 changed paths hide something new in this base image; decide with: overlay_helper base',
          `overlaykit-base-report 1 waiting=11 from=${v1} to=${v2} lost=0`,
        ]);
      },
    );
  }

  testAsRoot(`${kind}: keep and take, one path after the other, until nothing waits`, async (t) => {
    const { stdout, stderr } = await board(kind, 'review', {
      storage: 'ext4',
      before: first,
      script: `${edits}
/helper record; echo late >/merged/etc/late; umount /merged; ${second}; /helper rebase 1; ${remount}
for path in /etc/edited /etc/link '/etc/a b
c' /etc/late; do /helper base keep "$path"; done; /helper record; /helper base --json
/helper base keep /etc/edited; /helper base keep /usr; /helper base keep relative; /helper base keep /etc/../x; /helper base keep; echo "code $?"
for path in /etc/deleted /etc/replaced /etc/dir /etc/turned /etc/mode /etc/created; do /helper base take "$path"; echo "code $?"; done
chmod 711 /merged/etc/mode; /helper record; cat /merged/etc/dir/mine
umount /merged; /helper tidy; ${remount}
cat /merged/etc/deleted /merged/etc/replaced/fresh /merged/etc/dir /merged/etc/turned/x /merged/etc/created /merged/etc/edited; ls /merged/etc/replaced
/helper base --json; /helper base keep /etc; /helper base | tail -3; echo "code $?"
/helper status >/dev/null; echo "code $?"; umount /merged; echo 3 >/base/etc/edited; ${identity(v1)} >/etc/overlaykit/base; /helper rebase 1; ${remount}; /helper base --json`,
    });
    const reports = stdout.split('\n').filter((line) => line.startsWith('{'));
    const settled = ['/etc/edited', '/etc/link', '/etc/a b', '/etc/late'];
    t.deepEqual(
      facts(reports[0] ?? ''),
      [...waiting, ...orphans].filter((line) => !settled.some((path) => line.includes(path))).sort(),
      stdout + stderr,
    );
    t.deepEqual(stderr.split('\n').slice(0, 6), [
      'overlay_helper: base: nothing waits for a decision at /etc/edited',
      'overlay_helper: base: nothing waits for a decision at /usr',
      'overlay_helper: base: "relative" is no absolute path without "." and ".."',
      'overlay_helper: base: "/etc/../x" is no absolute path without "." and ".."',
      'usage: overlay_helper base [--json] | take PATH | keep PATH',
      "overlay_helper: base: /etc/mode is a directory with changes in it: chmod and chown it to the base's, base=0711:0:0",
    ]);
    t.regex(stdout, /\nmine\n(tidy: .*: changes forgotten\n){5}2\n2\n2\n2\n2\nmine\nfresh\nold\n\{/);
    t.deepEqual(facts(reports[1] ?? ''), ['changed /etc/setuid', ...orphans]);
    t.regex(
      stdout,
      /\/etc\/setuid stays as it is\nwaiting: 0\norphan [^\n]*\norphan [^\n]*\ncode 0\ncode 0\n/,
    );
    // A third base: what was kept is told again, and only that.
    t.deepEqual(facts(reports[2] ?? ''), ['changed /etc/edited']);
  });

  testAsRoot(`${kind}: index, metacopy and redirects of the old base are no longer served`, async (t) => {
    const { stdout, stderr } = await board(kind, 'keep', {
      storage: 'ext4',
      before: `${first}; mkdir -p /base/keep /base/lost/in /base/moved; echo k >/base/keep/k; ln /base/keep/k /base/keep/k2; echo l >/base/lost/in/l; echo m >/base/moved/m
echo data1 >/base/meta; echo same >/base/metasame; echo gone >/base/metagone`,
      unmounted: true,
      script: `full="lowerdir=/base,upperdir=/overlay/generations/1/upper,workdir=/overlay/generations/1/work,redirect_dir=on,index=on,metacopy=on"
mount -t overlay -o "$full" overlay /merged; cd /merged
chmod 600 meta metasame metagone; echo mine >>keep/k; mv lost found; echo mine >found/mine; rm found/in/l; mv moved/m moved/n; mv moved there; echo mine >there/mine; cd /
/helper record; umount /merged; ls /overlay/generations/1/work/index | wc -l
${identity(v2)} >/etc/overlaykit/base; echo longer data2 >/base/meta; rm /base/metagone; rm -r /base/lost; echo other >/base/keep/new
/helper rebase 1; echo "code $?"; ls /overlay/generations/1/work /overlay/generations/1/aside
mount -t overlay -o "$full" overlay /merged; cd /merged
cat meta; stat -c '%a %s' meta; cat metasame; stat -c '%a %s' metasame; cat keep/k; ls metagone found there; cat found/mine there/mine there/n
find . -type c; cd /; /helper base --json`,
    });
    const lines = stdout.split('\n');
    t.true(Number(lines[0]) > 0);
    t.deepEqual(
      facts(lines.at(-1) ?? ''),
      ['detached /found', 'orphan /found/in/l', 'orphan /lost', 'set-aside /meta', 'set-aside /metagone'],
      stdout + stderr,
    );
    t.regex(
      stdout,
      /code 0\n\/overlay\/generations\/1\/aside:\n0\n1\n\n\/overlay\/generations\/1\/work:\nlonger data2\n644 13\nsame\n600 5\nk\nmine\nfound:\nin\nmine\n\nthere:\nmine\nn\nmine\nmine\nm\n\{/,
    );
    t.regex(stderr, /metagone/);
  });

  testAsRoot(`${kind}: further layers, with whiteouts and opaque directories of their own`, async (t) => {
    const { stdout, stderr } = await board(
      kind,
      'keep',
      {
        before: `${first}; mkdir -p /other/etc /other/same; echo o >/other/etc/edited; mknod /other/etc/late c 0 0; setfattr -n trusted.overlay.opaque -v y /other/same`,
        unmounted: true,
        script: `options="upperdir=/overlay/generations/1/upper,workdir=/overlay/generations/1/work"
mount -t overlay -o "lowerdir=/other:/base,$options" overlay /merged; cd /merged; echo mine >etc/edited; echo mine >etc/late; echo mine >same/edited; rm etc/file; cd /
/helper record; umount /merged; cat /overlay/generations/1/record
${identity(v2)} >/etc/overlaykit/base; echo hidden below >/base/etc/edited; echo hidden >/base/same/edited; mknod /other/etc/file c 0 0
/helper rebase 1; echo 2 >/other/etc/edited; rm /other/etc/late; ${identity(v1)} >/etc/overlaykit/base; /helper rebase 1
mount -t overlay -o "lowerdir=/other:/base,$options" overlay /merged; /helper base --json`,
      },
      ['/other', '/base'],
    );
    t.regex(stdout, /^- \/etc\/late$/m, stdout + stderr);
    t.regex(stdout, /^- \/same\/edited$/m);
    t.regex(stdout, /^the base has changed under generation 1: 0 paths hide something new, 1 were cleaned/m);
    t.deepEqual(facts(stdout.split('\n').at(-1) ?? ''), ['changed /etc/edited', 'new /etc/late']);
  });

  testAsRoot(
    `${kind}: refused while a union is mounted, without an identity, and for what is no generation`,
    async (t) => {
      const { stdout, stderr } = await board(kind, 'keep', {
        before: first,
        script: `${identity(v2)} >/etc/overlaykit/base; find /overlay | sort >/one
/helper rebase 1; echo "code $?"; umount /merged; echo noise >/etc/overlaykit/base; /helper rebase 1; echo "code $?"
rm /etc/overlaykit/base; /helper rebase 1; echo "code $?"; ${identity(v2)} >/etc/overlaykit/base
/helper rebase 7; echo "code $?"; /helper rebase x; echo "code $?"; /helper rebase; echo "code $?"
echo '{}' >/etc/overlaykit/plan.json; /helper rebase 1; echo "code $?"; /helper record; echo "code $?"
find /overlay | sort >/two; cmp /one /two && echo same`,
      });
      t.is(stdout, 'code 3\ncode 3\ncode 3\ncode 3\ncode 2\ncode 2\ncode 3\ncode 3\nsame');
      t.regex(
        stderr,
        /a union is mounted; its upper must not be touched\n.*no identity in .*\n.*no identity.*\n.*there is no generation 7\nusage:/,
      );
    },
  );
}
