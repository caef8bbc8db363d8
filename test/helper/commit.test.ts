/** `commit` against the kernel: a union over the new generation shows what the board in memory showed. */
import { firstState } from '../support/first-state.ts';
import { helperProgram } from '../support/helper-programs.ts';
import { type Kind, kinds } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';
import { onRunningBoard, type RunningBoardOptions, usualStatus } from '../support/running-board.ts';

const state = (more: object = {}): string => firstState({ attempts: 2, next: 4, ...more });

const uuid = '0a1b2c3d-0000-4000-8000-00000000beef';
const planBy = (address: object, more: object = {}) => ({
  generations: { keep: 3 },
  storage: {
    find: { kind: 'find-storage', address, waitMs: 0, ...more },
    mount: {
      kind: 'mount',
      fstype: 'ext4',
      source: { kind: 'storage' },
      options: ['rw', 'noatime', 'data=ordered'],
    },
  },
});

/** A storage on a loop device that goes with the script, with a generation 1 and the state; `look` mounts it at /other. */
const storage = (line: string, shape = ''): string => `
truncate -s 16M /image; mkfs.ext4 -q -I 256 -L ovl-commit-$$ -U ${uuid} /image; loop=$(losetup -f --show /image)
trap 'umount /other 2>/dev/null; losetup -d $loop' EXIT
look() { mount -o noload,ro $loop /other; "$@"; umount /other; }
mount $loop /other; cd /other; mkdir -p overlaykit generations/1/upper generations/1/work; printf '%s' '${line}' >overlaykit/state.a
${shape}
cd /; umount /other`;

const stored = `cd generations/1/upper; mkdir -p etc/a etc/opaque srv/stays; echo old >etc/a/file; echo old >etc/a/kept; echo x >etc/opaque/x
echo s >srv/stays/s; ln etc/a/kept etc/a/linked; mkdir -m 700 was-directory; echo y >was-directory/y; mknod etc/gone c 0 0; cd ../../..`;

const base = `mkdir -p /base/etc/a /base/etc/opaque /base/var /base/srv; echo base >/base/etc/a/file; echo base >/base/etc/a/deleted
echo base >/base/etc/opaque/base; echo base >/base/etc/gone; echo base >/base/etc/b; echo base >/base/var/log`;

/** What the board does in memory. */
const changes = `cd /merged; echo new >etc/a/file; rm etc/a/deleted; rm -r etc/opaque; mkdir etc/opaque; echo n >etc/opaque/n
mkdir -m 2750 etc/new; chown 7:8 etc/new; echo one >etc/new/one; ln etc/new/one etc/new/two; ln -s one etc/new/link
setfattr -n user.note -v x etc/new/one; chmod 711 etc; chown 3 etc; echo again >etc/gone; echo file >was-directory; mkfifo etc/pipe
echo loud >>var/log; touch -d '2001-02-03 04:05:06' etc/new/one; sync; cd /`;

/** The board runs in memory over /base. */
const board = (kind: Kind, options: Omit<RunningBoardOptions, 'helper' | 'unmounted'>) =>
  onRunningBoard({
    helper: helperProgram(kind),
    status: { ...usualStatus, rung: 'tmpfs', generation: '' },
    unmounted: true,
    ...options,
    before: `${base}; mkdir -p /overlay/upper /overlay/work
mount -t overlay -o lowerdir=/base,upperdir=/overlay/upper,workdir=/overlay/work overlay /merged; ${options.before ?? ''}`,
  });

const account = `find . -mindepth 1 ! -type p -printf '%P|%y|%U:%G|%m|%l|' \\( -type f -printf '%n|%s|%T@\\n' -o -printf '\\n' \\) | LC_ALL=C sort
find . -type f -exec cksum {} + | LC_ALL=C sort
find . -type f -print0 | LC_ALL=C sort -z | xargs -0 getfattr -hd -m user`;

for (const kind of kinds) {
  for (const address of [
    { by: 'uuid', uuid },
    { by: 'path', path: '/etc/device' },
  ]) {
    testAsRoot(`${kind}, by ${address.by}: everything in memory, over what is stored`, async (t) => {
      const { stdout, stderr } = await board(kind, {
        plan: planBy(address),
        script: `${storage(state(), stored)}; ${changes}; ln -s $loop /etc/device
/helper commit --dry-run /; echo "code $?"; look cat /other/overlaykit/state.a; /helper commit /; echo "code $?"
grep -c /run/overlaykit/storage /proc/mounts
seen() { ls /other/generations; [ -d /other/generations/4 ] || return; cat /other/overlaykit/state.?; ls -A /other/generations/4
  mount -t tmpfs t /tmp; mkdir /tmp/u /tmp/w; mkdir /tmp/m
  mount -t overlay -o ro,lowerdir=/other/generations/4/upper:/base overlay /tmp/m; (cd /tmp/m; ${account}) >/one; umount /tmp/m
  # The same by the kernel alone: both uppers, one over the other.
  mount -t overlay -o ro,lowerdir=/overlay/upper:/other/generations/1/upper:/base overlay /tmp/m; (cd /tmp/m; ${account}) >/two; umount /tmp/m /tmp; }
look seen; diff /one /two && echo same; wc -l </one`,
      });
      const lines = stdout.split('\n');
      t.regex(lines[0] ?? '', /^commits \/ bytes=\d+ inodes=\d+$/, stdout + stderr);
      t.is(lines[1], 'they would be active as a new generation, over a copy of generation 1');
      t.is(lines[3], state().trimEnd(), 'a dry run writes nothing');
      t.true(
        lines.includes('generation 4, a copy of generation 1 with this, is active from the next boot on'),
        stdout + stderr,
      );
      t.regex(stdout, /code 0\n0\n1\n4\noverlaykit-state/, 'its mount is gone');
      t.regex(stdout, / active=4 previous=1 trying=- attempts=0 next=5 reset=- end=/);
      t.regex(stdout, /\nupper\nwork\nsame\n/, stdout);
      t.true(Number(lines.at(-1)) > 15);
    });
  }

  testAsRoot(`${kind}: single paths, with the directories above them and nothing else`, async (t) => {
    const { stdout, stderr } = await board(kind, {
      plan: planBy({ by: 'uuid', uuid }),
      script: `${storage(state(), stored)}; ${changes}
/helper commit --try /etc/new/one /etc/a/deleted /was-directory /etc/opaque; echo "code $?"
seen() { cd /other/generations/4/upper || return; find . -printf '%P %y %m %U:%G\\n' | LC_ALL=C sort; cat etc/a/file etc/a/kept etc/new/one was-directory; getfattr -d -m opaque etc/opaque | grep y; cat /other/overlaykit/state.?; cd /; }
look seen`,
    });
    t.regex(stdout, /is trying from the next boot on\ncode 0/, stdout + stderr);
    t.regex(stdout, /\netc d 711 3:0\n/, 'owner and mode of the directory above are those in memory');
    t.regex(stdout, /\netc\/a\/deleted c \d+ 0:0\n/);
    t.regex(
      stdout,
      /\netc\/opaque\/n f 644 0:0\nsrv d /,
      'the stored content of a replaced directory is gone',
    );
    t.regex(stdout, /\netc\/new d 2750 7:8\netc\/new\/one f 644 0:8\n/);
    t.regex(stdout, /\nold\nold\none\nfile\n/);
    t.regex(stdout, /trusted.overlay.opaque="y"/);
    t.regex(stdout, / active=1 previous=- trying=4 attempts=0 next=5 /);
    t.notRegex(stdout, /var/);
  });

  testAsRoot(`${kind}: a storage that nobody has booted from gets a first generation`, async (t) => {
    const { stdout, stderr } = await board(kind, {
      plan: planBy({ by: 'uuid', uuid }),
      script: `${storage('', 'rm -r *')}; ${changes}; /helper commit --dry-run /etc/b; echo "code $?"; /helper commit /etc/a; echo "code $?"
/helper commit /etc/a; echo "code $?"; /helper commit /etc/new /var; echo "code $?"; look ls /other/generations; look cat /other/overlaykit/state.a /other/overlaykit/state.b`,
    });
    t.regex(stderr, /^overlay_helper: commit: nothing is changed at \/etc\/b$/m);
    t.regex(stdout, /^code 3\n[\s\S]*code 0\n[\s\S]*code 0\n[\s\S]*code 0\n3\n4\n/, stdout + stderr);
    t.regex(stdout, / active=4 previous=3 trying=- attempts=0 next=5 /, 'what no state needs is swept');
  });

  testAsRoot(`${kind}: what cannot be committed is refused, and the storage stays as it was`, async (t) => {
    const { stdout, stderr } = await board(kind, {
      plan: planBy({ by: 'uuid', uuid }, { sizeBytes: 16 * 2 ** 20 }),
      script: `${storage(state(), `${stored}; mkdir -p generations/2/upper generations/3/upper; echo a >generations/2/name; echo b >generations/3/name`)}; ${changes}
rm -r /merged/etc/a; mkdir /merged/etc/a; echo x >/merged/etc/a/x
say() { "$@" >/out; echo "code $?"; }
say /helper commit; say /helper commit etc; say /helper commit /a/../b; say /helper commit -x /etc; say /helper commit /etc/nothing; say /helper commit /etc/a/x; say /helper commit /srv
say /helper commit /etc/new; mount $loop /other; rm /other/generations/3/name; say /helper commit /etc/new; touch /other/overlaykit/reset; umount /other; say /helper commit /etc/new
mount $loop /other; rm /other/overlaykit/reset; head -c 13M /dev/urandom >/other/fill; umount /other; say /helper commit /
mount $loop /other; rm /other/fill; printf 'overlaykit-state 2 x\\n' >/other/overlaykit/state.b; umount /other; say /helper commit /etc/new
mount $loop /other; rm /other/overlaykit/state.b; ls /other/generations; cat /other/overlaykit/state.a; umount /other
dd if=/dev/zero of=$loop bs=1k seek=1 count=1 2>/dev/null; say /helper commit /etc/new`,
    });
    t.deepEqual(
      stdout.split('\n').filter((line) => line.startsWith('code')),
      [2, 3, 3, 2, 3, 3, 3, 3, 3, 3, 3, 3, 3].map((code) => `code ${code}`),
      stdout + stderr,
    );
    for (const reason of [
      /"etc" is no absolute path without "\." and "\.\."$/m,
      /nothing is changed at \/etc\/nothing$/m,
      /\/etc\/a replaces the base's directory; commit that instead$/m,
      /nothing is changed at \/srv$/m,
      /there are 3 generations, and the plan keeps 3 at most; drop one first$/m,
      /\/dev\/loop\d+ is mounted at \/other; only a storage that nobody uses can be borrowed$/m,
      /a factory reset is asked for on the storage; it would forget this$/m,
      /no room: the copy needs \d+ bytes/,
      /the state is of version 2: a newer overlaykit has been here$/m,
      /no block device has UUID=0a1b2c3d-0000-4000-8000-00000000beef$/m,
    ])
      t.regex(stderr, reason);
    t.true(stdout.includes(state().trimEnd()), 'the state is the old one');
  });

  testAsRoot(
    `${kind}: another device is left alone, and a rung that keeps everything needs no commit`,
    async (t) => {
      const other = await board(kind, {
        plan: planBy({ by: 'uuid', uuid }, { sizeBytes: 2 ** 20 }),
        script: `${storage(state())}; ${changes}; /helper commit /var; echo "code $?"`,
      });
      t.regex(other.stderr, /has 16777216 bytes, the board file says 1048576; it was left alone$/);
      const none = await board(kind, { plan: {}, script: `${changes}; /helper commit /var; echo "code $?"` });
      t.regex(none.stderr, /plan.json names no storage: there is nothing to keep changes on$/);
      const flash = await board(kind, {
        plan: planBy({ by: 'mtd-name', name: 'nowhere' }),
        script: `${changes}; /helper commit /var; echo "code $?"`,
      });
      t.regex(flash.stderr, /\/proc\/mtd/);
      const kept = await onRunningBoard({
        helper: helperProgram(kind),
        state: state(),
        script: 'echo x >/merged/x; /helper commit /x; echo "code $?"; find /overlay/generations/1/upper',
      });
      t.regex(
        kept.stdout,
        /^commits \/x bytes=\d+ inodes=1\nrung "persistent" keeps all changes; [^\n]*\ncode 0\n/,
      );
    },
  );
}
