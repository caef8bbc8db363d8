/** `usage`, `watch` and what `status` says of a full memory: against the kernel, and against a model where it takes minutes. */
import test from 'ava';
import { runBoard } from '../../src/helper/board-verbs.ts';
import type { FileSystemStatus } from '../../src/helper/storage-port.ts';
import type { BoardReport, UsageReport } from '../../src/shared/report.ts';
import { helperProgram, onHelperBoard } from '../support/helper-programs.ts';
import { ModelStorage } from '../support/model-storage.ts';
import { kinds } from '../support/native-calls.ts';
import { testAsRoot } from '../support/needs.ts';
import { onRunningBoard, usualStatus } from '../support/running-board.ts';

const lowers = 'lowerdir=/run/layer:/run/a\\:b:/';
const planOf = (rung: string, watermark?: number) => ({
  ladder: [{ name: rung, steps: [{ kind: 'mount', fstype: 'overlay', options: ['rw', lowers] }] }],
  ...(watermark === undefined ? {} : { watermark }),
});

/** A base, and two layers over it, the second of which says nothing about most of it. */
const layers = `mkdir -p /rom /run/layer/etc /run/a:b/opt
cd /rom; mkdir -p etc/dir etc/hidden opt var; for f in etc/same etc/mode etc/owner etc/content etc/note etc/dir/same etc/over var/same; do echo $f >$f; done
echo gone >etc/gone; echo x >etc/hidden/x; echo x >opt/x; cd /
echo other >/run/layer/etc/over; setfattr -n trusted.overlay.opaque -v y /run/a:b/opt`;

/** Files as the layers have them, and files that differ in one respect. */
const upper = `cd "$upper"; mkdir -p etc/dir etc/hidden opt var/log
for f in etc/same etc/mode etc/owner etc/note etc/dir/same etc/over var/same; do echo $f >$f; done; echo etc/CONTENT >etc/content
chmod 600 etc/mode; chown 7 etc/owner; setfattr -n user.note -v x etc/note; setfattr -n trusted.overlay.origin -v x etc/same
echo x >etc/hidden/x; setfattr -n trusted.overlay.opaque -v y etc/hidden; echo x >opt/x; mknod etc/gone c 0 0
head -c 900000 /dev/urandom >var/log/messages; for i in $(seq 300); do echo $i >"var/log/n$i"; done; printf x >'var/log/a
b'; cd /`;

for (const kind of kinds) {
  testAsRoot(`${kind}: usage names what is large, and what is as the layers below have it`, async (t) => {
    const { stdout, stderr } = await onHelperBoard(kind, {
      plan: planOf('persistent'),
      before: layers,
      unmounted: true,
      script: `upper=/overlay/generations/1/upper; ${upper}
/helper usage; echo "code $?"; /helper usage --json; /helper usage x; echo "code $?"`,
    });
    const lines = stdout.split('\n');
    t.regex(lines[0] ?? '', /^upper of rung persistent bytes=\d+ inodes=\d+ whiteouts=1$/, stdout + stderr);
    t.regex(lines[1] ?? '', /^largest \/var\/log\/ bytes=\d+ inodes=301$/);
    t.regex(lines[2] ?? '', /^largest \/var\/log\/messages bytes=9\d{5} inodes=1$/);
    t.deepEqual(
      lines.filter((line) => line.startsWith('equal ')).sort(),
      ['/etc/dir/same', '/etc/same', '/var/same'].map((path) => `equal ${path}`),
    );
    t.true(lines.some((line) => line.startsWith('3 files are as the layers below have them bytes=')));
    const report = JSON.parse(lines[lines.indexOf('code 0') + 1] ?? '') as UsageReport;
    t.like(report, { schema: 'overlaykit.usage/1', rung: 'persistent', whiteouts: 1 });
    t.is(report.equal.count, 3);
    t.is(lines.at(-1), 'code 2');
  });

  testAsRoot(`${kind}: on a rung in memory that is full, watch and status name the growers`, async (t) => {
    const { stdout, stderr } = await onHelperBoard(kind, {
      plan: planOf('tmpfs', 40),
      status: { ...usualStatus, rung: 'tmpfs', generation: '' },
      bytes: 4 * 2 ** 20,
      before: `${layers}; mkdir /overlay/upper; echo 'overlaykit: rung tmpfs' >/run/overlaykit/login`,
      unmounted: true,
      script: `upper=/overlay/upper; ${upper}
/helper watch & sleep 1; cat /run/overlaykit/login; grep -E 'VmRSS|VmHWM' /proc/$!/status; ls -l /proc/$!/fd | grep -c overlay; kill $!; wait $!; echo "code $?"
/helper status --json; /helper usage | head -1`,
    });
    t.regex(
      stdout,
      /^overlaykit: rung tmpfs\noverlaykit: memory: the tmpfs is \d+ % full \(of its bytes; warned from 40 % on\): \/var\/log\/ \d+ bytes, \/var\/log\/messages 9\d+ bytes, /,
      stderr,
    );
    t.regex(stdout, /\n0\ncode 143\n/, 'it holds nothing open');
    const memory = Number(/VmRSS:\s+(\d+) kB/.exec(stdout)?.[1]);
    t.log(`resident: ${memory} KiB`);
    if (kind === 'release') t.true(memory < 2048, `${memory} KiB`);
    const report = JSON.parse(stdout.split('\n').find((line) => line.startsWith('{')) ?? '') as BoardReport;
    t.true(report.troubles.some((line) => line.startsWith('the tmpfs is ')));
    t.regex(stdout, /upper of rung tmpfs bytes=\d+ inodes=\d+ whiteouts=1$/);
  });

  testAsRoot(`${kind}: nothing to watch, and nothing to measure, is said`, async (t) => {
    const helper = helperProgram(kind);
    const say = async (rung: string, plan: unknown) =>
      onRunningBoard({
        helper,
        plan,
        status: { ...usualStatus, rung },
        script: '/helper watch; echo "code $?"; /helper usage >/out; echo "code $?"',
      });
    const off = await say('persistent', planOf('tmpfs'));
    t.regex(off.stderr, /watch: the board file says tmpfs.watermark: off$/m);
    const stored = await say('persistent', planOf('tmpfs', 80));
    t.regex(stored.stderr, /watch: rung "persistent" is on the storage; only a rung in memory is watched$/m);
    t.is(stored.stdout, 'code 3\ncode 0');
    const none = await say('read-only', planOf('tmpfs', 80));
    t.is(none.stdout, 'code 3\ncode 3');
    t.regex(none.stderr, /usage: this boot is on rung "read-only": it has no upper$/m);
  });
}

class BoardEnds extends Error {}

/** A board in memory whose storage is so full at each look. */
class Watched extends ModelStorage {
  readonly #looks: Partial<FileSystemStatus>[];

  constructor(looks: readonly Partial<FileSystemStatus>[], login: string | undefined) {
    const run = login === undefined ? {} : { login };
    super({
      storage: { upper: { var: { big: 'x' }, 'a\nb': 'y' }, run },
      status: { rung: 'tmpfs' },
      plan: { watermark: 80 },
    });
    this.#looks = [...looks];
  }

  override statfs(): FileSystemStatus {
    const usual = { type: 1, blockSize: 4096, blocks: 100, available: 100, files: 100, freeFiles: 100 };
    return { ...usual, ...this.#looks[0] };
  }
  override sleep(): void {
    this.#looks.shift();
    if (this.#looks.length === 0) throw new BoardEnds();
  }
  override openDirectory(path: string): number {
    const root = super.openDirectory('/overlay');
    return this.openIn(root, path === '/run/overlaykit' ? 'run' : 'upper');
  }
  get login(): unknown {
    return (this.tree().run as { readonly login?: string }).login;
  }
}

const watched = (looks: readonly Partial<FileSystemStatus>[], login?: string): Watched => {
  const board = new Watched(looks, login);
  runBoard(board, ['watch']);
  return board;
};

/** The looks are over: what ends a verb that nobody watches is logged. */
const ended = 'overlay_helper: watch: ';

test('watch warns once, again only after it had fallen ten percent below, and takes the login line back', (t) => {
  const used = (percent: number) => ({ available: 100 - percent });
  const { logged, login } = watched([79, 80, 99, 71, 85, 70, 69, 81].map(used), 'before\n');
  t.deepEqual(
    logged.map((line) => line.slice(0, 42)),
    [
      'overlaykit: memory: the tmpfs is 80 % full',
      'overlaykit: memory: the tmpfs is 69 % full',
      'overlaykit: memory: the tmpfs is 81 % full',
      ended,
    ],
  );
  t.regex(String(login), /^before\noverlaykit: memory: the tmpfs is 81 % full [^\n]*\n$/);
  t.is(watched([used(90), used(10)], 'before\n').login, 'before\n');
  t.is(watched([used(90), used(10)]).login, undefined);
});

test('inodes count as bytes do, and no name can break a line', (t) => {
  const { logged } = watched([{ freeFiles: 5 }]);
  t.deepEqual(logged, [
    'overlaykit: memory: the tmpfs is 95 % full (of its inodes; warned from 80 % on): / 1 inodes, /var/ 1 inodes',
    ended,
  ]);
  const [line = ''] = watched([{ available: 5 }]).logged;
  t.true(line.includes('/a?b 512 bytes') && line.includes('/var/big 512 bytes'), line);
});
