/** What the kernel command line and the state of the storage make of a boot, call by call, in three shells. */
import test from 'ava';
import { boardText, renderBoard } from '../support/plans.ts';
import { ShellBoard, type ShellBoardFiles, type ShellBoot, shells } from '../support/shell-board.ts';

const goodMtd = 'dev:    size   erasesize  name\nmtd1: 01000000 00010000 "storage"\n';
const plain = boardText({ helper: { enabled: false } });

interface Case {
  readonly title: string;
  readonly files?: Partial<ShellBoardFiles>;
  readonly board?: string;
  readonly rung: string;
  readonly says?: RegExp;
  readonly reasons?: readonly RegExp[];
}

const cases: readonly Case[] = [
  {
    title: 'overlaykit=tmpfs',
    files: { cmdline: 'overlaykit=tmpfs quiet' },
    rung: 'tmpfs',
    says: /asks for the rung tmpfs/,
  },
  { title: 'overlaykit=off', files: { cmdline: 'quiet overlaykit=off' }, rung: 'read-only' },
  { title: 'overlaykit=ro', files: { cmdline: 'overlaykit=ro' }, rung: 'read-only' },
  {
    title: 'overlaykit=rescue',
    files: { cmdline: 'overlaykit=rescue' },
    rung: 'read-only',
    says: /a shell on the console/,
  },
  {
    title: 'an unknown word',
    files: { cmdline: 'overlaykit=tmfps' },
    rung: 'persistent',
    says: /unknown word overlaykit=/,
  },
  {
    title: 'another program’s word',
    files: { cmdline: 'noverlaykit=off xoverlaykit=ro' },
    rung: 'persistent',
  },
  // The kernel parts words at any white space, and /proc/cmdline has it as the boot loader wrote it.
  ...['\t', '\n', '\r', '\v', '\f'].map((blank) => ({
    title: `overlaykit=off between two characters ${blank.charCodeAt(0)}`,
    files: { cmdline: `quiet${blank}overlaykit=off${blank}ro` },
    rung: 'read-only',
  })),
  {
    title: 'overlaykit=ro before a carriage return, the last of all',
    files: { cmdline: 'overlaykit=ro\r' },
    rung: 'read-only',
  },
  {
    title: 'a word that only begins like one of ours, behind a tab',
    files: { cmdline: 'quiet\toverlaykit=office' },
    rung: 'persistent',
    says: /unknown word overlaykit=/,
  },
  {
    title: 'a rung that the board forbids',
    board: boardText({ helper: { enabled: false }, ladder: ['persistent', 'read-only'] }),
    files: { cmdline: 'overlaykit=tmpfs' },
    rung: 'persistent',
    says: /has only: persistent read-only/,
  },
  {
    title: 'no /proc/mtd',
    files: { mtd: undefined as unknown as string },
    rung: 'tmpfs',
    says: /no partition of that name, or more than one/,
    reasons: [/^persistent: step 4, find MTD storage/],
  },
  {
    title: 'a partition of another name',
    files: { mtd: 'mtd0: 01000000 00010000 "storage2"\nmtd1: 01000000 00010000 "my storage"\n' },
    rung: 'tmpfs',
  },
  {
    title: 'two partitions of that name',
    files: { mtd: `${goodMtd}mtd2: 01000000 00010000 "storage"\n` },
    rung: 'tmpfs',
    says: /more than one/,
  },
  {
    title: 'another size',
    files: { mtd: 'mtd1: 00800000 00010000 "storage"\n' },
    rung: 'tmpfs',
    says: /mtd1 has 0x00800000 bytes, the board file says 0x01000000/,
  },
  {
    title: 'another erase block',
    files: { mtd: 'mtd1: 01000000 00020000 "storage"\n' },
    rung: 'tmpfs',
    says: /erase blocks of 0x00020000 bytes, the board file says 0x00010000/,
  },
  {
    title: 'smaller than min_size',
    board: boardText({
      helper: { enabled: false },
      storage: { type: 'jffs2', find: { mtd: 'storage' }, min_size: '17MiB' },
    }),
    rung: 'tmpfs',
    says: /4096 pages of 4 KiB, the board file wants at least 4352/,
  },
  {
    title: 'by number',
    board: boardText({ helper: { enabled: false }, storage: { type: 'jffs2', find: { mtd_number: 1 } } }),
    rung: 'persistent',
  },
];

for (const shell of shells) {
  for (const one of cases) {
    test.serial(`${shell}: ${one.title}`, async (t) => {
      const { script, applets } = await renderBoard(one.board ?? plain);
      const files: ShellBoardFiles = { overlayInit: script, applets, mtd: goodMtd, ...one.files };
      const board = await ShellBoard.make(t, shell, files);
      const boot = await board.boot(files, 0);
      const about = `${boot.console}\n${JSON.stringify(boot.calls)}`;
      if (one.says !== undefined) t.regex(boot.console, one.says);
      for (const [index, reason] of (one.reasons ?? []).entries())
        t.regex(boot.status?.reasons[index] ?? '', reason);
      t.is(boot.status?.rung, one.rung, about);
      t.is(executions(boot), 1, about);
      t.is(
        boot.status?.reasons.length,
        ['persistent', 'tmpfs'].indexOf(one.rung) > 0 && one.files?.cmdline === undefined ? 1 : 0,
        about,
      );
    });
  }
}

const brokenInits = {
  'no init at all': { init: null, says: /no executable init in the merged root/ },
  'an init whose interpreter is missing': {
    init: '#!/no/such/interpreter\n',
    says: /the kernel cannot execute init/,
  },
} as const;

for (const shell of shells) {
  for (const [title, { init, says }] of Object.entries(brokenInits)) {
    test.serial(`${shell}: ${title} ends in the rescue shell, after every rung was tried`, async (t) => {
      const { script, applets } = await renderBoard(plain);
      const typed = 'echo "typed at the rescue shell"\n';
      const files: ShellBoardFiles = { overlayInit: script, applets, mtd: goodMtd, init, typed };
      const until = /typed at the rescue shell/;
      const boot = await (await ShellBoard.make(t, shell, files)).boot(files, 0, { until });
      t.regex(boot.console, says);
      t.regex(boot.console, until);
      t.is(boot.status?.rung, 'rescue');
      // A new shell cannot know that there is no previous generation, and looks.
      t.is(boot.status?.reasons.length, init === null ? 3 : 4, boot.console);
      t.false(
        boot.mounts.some((mount) => /^\/(overlay|mnt) /.test(mount)),
        boot.mounts.join('\n'),
      );
    });
  }
}

const rebooting = boardText({ helper: { enabled: false }, rescue: { action: 'reboot', after: '2s' } });

for (const shell of shells) {
  test.serial(`${shell}: a board whose rescue is a restart waits, says so, and restarts`, async (t) => {
    const { script, applets } = await renderBoard(rebooting);
    const files: ShellBoardFiles = { overlayInit: script, applets, mtd: goodMtd, init: null };
    const board = await ShellBoard.make(t, shell, files);
    const boot = await board.boot(files, 0, { until: /the board cannot be restarted[\s\S]*rung rescue/ });
    const about = `${boot.console}\n${JSON.stringify(boot.calls)}`;
    t.regex(boot.console, /rung rescue: the board is restarted in 2 seconds/, about);
    const calls = boot.calls.map((call) => call.join(' '));
    const at = calls.indexOf('reboot -f');
    t.deepEqual(calls.slice(at - 2, at), ['sleep 2', 'sync'], about);
    // The shim's reboot comes back; then the kernel is asked, and after that there is nothing left but a shell.
    t.true((await board.tree('proc')).includes('sysrq-trigger'));
    t.regex(boot.console, /the board cannot be restarted/);
    t.is(boot.status?.rung, 'rescue', about);
    t.false(
      boot.mounts.some((mount) => /^\/(overlay|mnt) /.test(mount)),
      about,
    );
  });

  test.serial(
    `${shell}: who asks for the shell at the boot loader gets it, restarting board or not`,
    async (t) => {
      const { script, applets } = await renderBoard(rebooting);
      const typed = 'echo "typed at the rescue shell"\n';
      for (const cmdline of ['overlaykit=rescue', 'quiet\toverlaykit=rescue\tpanic=5']) {
        const files: ShellBoardFiles = { overlayInit: script, applets, mtd: goodMtd, typed, cmdline };
        const boot = await (await ShellBoard.make(t, shell, files)).boot(files, 0);
        t.regex(boot.console, /typed at the rescue shell/, cmdline);
        t.false(boot.calls.some(([name]) => name === 'reboot'));
        t.is(executions(boot), 1);
      }
    },
  );
}

function executions(boot: ShellBoot): number {
  return boot.calls.filter(([name]) => name === 'init').length;
}
