/** Whatever is wrong with overlay_helper, the board boots. In three shells. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { parseSlot, stateLine } from '../../src/shared/state.ts';
import { boardText, renderBoard } from '../support/plans.ts';
import { ShellBoard, type ShellBoardFiles, shells } from '../support/shell-board.ts';

const initShim = await readFile(join(import.meta.dirname, '../support/shims/init.sh'), 'utf8');
const mtd = 'mtd1: 01000000 00010000 "storage"\n';
const record = `{ printf 'helper'; for word; do printf '\\001%s' "$word"; done; printf '\\002'; } >>/log/calls`;

interface Case {
  readonly title: string;
  readonly helper: string | undefined;
  readonly says: RegExp;
  /** What is kept of it, in the status, in the ledger and for whoever logs in. */
  readonly keeps?: RegExp;
  /** Which rung is reached; init is always executed. */
  readonly rung?: string;
}

/** What a helper leaves behind that ends with any code but those that verify knows. */
function broken(code: RegExp): Pick<Case, 'says' | 'keeps'> {
  return {
    says: /overlay_helper is broken/,
    keeps: new RegExp(
      `overlay_helper is broken \\(exit code (?:${code.source}).*\\); the board's own applets`,
    ),
  };
}

const cases: readonly Case[] = [
  { title: 'missing', helper: undefined, says: /no \/sbin\/overlay_helper/ },
  { title: 'a text file', helper: 'this is not a program\n', ...broken(/12[67]/) },
  { title: 'an empty file', helper: '', ...broken(/0|12[67]/) },
  { title: 'an ELF header and no more', helper: '\x7fELF\x02\x01\x01', ...broken(/\d+/) },
  {
    title: 'exits with 1',
    helper: '#!/shells/busybox sh\necho "it says \\"why\\"" >&2\nexit 1\n',
    ...broken(/1, it says 'why'/),
  },
  {
    title: 'killed by a signal',
    helper: '#!/shells/busybox sh\nkill -SEGV $$\n',
    ...broken(/139/),
  },
  {
    title: 'looping',
    helper: '#!/shells/busybox sh\nwhile :; do :; done\n',
    ...broken(/152|137/),
  },
  {
    title: 'finds the merged root unfit on every rung',
    helper:
      '#!/shells/busybox sh\n[ "$1" = boot ] && exit 104\necho "overlay_helper: verify: no interpreter" >&2\nexit 102\n',
    says: /verify \/mnt.*failed: overlay_helper: verify: no interpreter/,
    rung: 'read-only',
  },
  {
    title: 'cannot enter, and gives the boot back',
    helper: `#!/shells/busybox sh
${record}
[ "$1" = boot ] && exit 104
[ "$1" = verify ] && exit 101
shift 3
OVERLAYKIT_HELPER_FAILED='pivot_root: EINVAL' OVERLAYKIT_RUNG=persistent exec /sbin/overlay_init "$@"
`,
    says: /overlay_helper could not enter: pivot_root: EINVAL/,
    keeps: /overlay_helper could not enter: pivot_root: EINVAL; the board's own applets do it/,
  },
  {
    title: 'works',
    helper: `#!/shells/busybox sh
${record}
[ "$1" = boot ] && exit 104
[ "$1" = verify ] && exit 101
shift 3
unset OVERLAYKIT_SO_FAR OVERLAYKIT_REASONS OVERLAYKIT_NOTES OVERLAYKIT_JOB
exec /sbin/init "$@"
`,
    says: /rung persistent/,
  },
];

for (const shell of shells) {
  for (const one of cases) {
    test.serial(`${shell}: a helper that is ${one.title}`, async (t) => {
      const { script, applets } = await renderBoard(boardText());
      const files: ShellBoardFiles = {
        init: `${initShim}\n/shells/busybox env\n`,
        overlayInit: script,
        applets,
        mtd,
        ...(one.helper === undefined ? {} : { helper: one.helper }),
      };
      // Five seconds of processor time for one that loops may be a minute where others have the processor.
      const boot = await (await ShellBoard.make(t, shell, files)).boot(files, 0, { timeoutMs: 120_000 });
      const about = `${boot.console}\n${JSON.stringify(boot.calls)}`;
      t.regex(boot.console, one.says, about);
      t.deepEqual(boot.calls.at(-1), ['init', 'one', 'two words'], about);
      t.is(boot.status?.rung, one.rung ?? 'persistent', about);
      t.like(
        boot.status,
        { generation: one.rung === undefined ? '1' : boot.status?.generation, storage: 'mtd1' },
        about,
      );
      if (one.rung === undefined) {
        t.deepEqual(Object.keys(boot.ledger), ['0'], about);
        t.regex(boot.ledger['0'] ?? '', /^seq=0 rung=persistent generation=1 /, about);
      }
      if (one.rung !== undefined) {
        t.regex(boot.status?.reasons[0] ?? '', /^persistent: .*: overlay_helper: verify: no interpreter$/);
        t.regex(boot.login, /overlay_helper: verify: no interpreter/);
      }
      if (one.keeps === undefined) t.deepEqual(boot.status?.notes, []);
      else {
        t.regex(boot.status?.notes.join('\n') ?? '', one.keeps, about);
        t.regex(boot.ledger['0'] ?? '', new RegExp(` notes: \\["${one.keeps.source}`), about);
        t.regex(boot.login, one.keeps, about);
      }
      t.notRegex(boot.console, /OVERLAYKIT_/, 'init is told nothing of ours');
      const unions = boot.calls.filter(([name, ...words]) => name === 'mount' && words.includes('overlay'));
      t.is(unions.length, one.rung === 'read-only' ? 2 : 1, about);
      if (one.title === 'works') {
        t.deepEqual(
          boot.calls
            .filter(([name]) => name === 'helper')
            .map((words) => (words[1] === 'boot' ? words.slice(0, 3) : words)),
          [
            ['helper', 'boot', 'test'],
            ['helper', 'verify', '/etc/overlaykit/plan.json', 'persistent'],
            ['helper', 'enter', '/etc/overlaykit/plan.json', 'persistent', 'one', 'two words'],
          ],
        );
      }
    });
  }
}

for (const shell of shells) {
  test.serial(`${shell}: a helper that has done the plain boot leaves nothing to do but init`, async (t) => {
    const { script, applets } = await renderBoard(boardText());
    const helper = `#!/shells/busybox sh\n${record}\n[ "$OVERLAYKIT_BOOT" = yes ] && exit 103\n`;
    const files: ShellBoardFiles = {
      init: `${initShim}\n/shells/busybox env\n`,
      overlayInit: script,
      applets,
      mtd,
      helper,
    };
    const boot = await (await ShellBoard.make(t, shell, files)).boot(files, 0);
    const calls = boot.calls.filter(([name]) => name !== 'sleep');
    t.deepEqual(
      calls.map(([name, word]) => `${name} ${word}`),
      ['helper boot', 'init one'],
    );
    t.notRegex(boot.console, /OVERLAYKIT_/, 'init is told nothing of ours');
  });

  test.serial(`${shell}: a boot that the helper has counted is not counted again`, async (t) => {
    const { script, applets } = await renderBoard(boardText());
    const state = stateLine({
      seq: 7,
      active: 1,
      previous: undefined,
      trying: undefined,
      attempts: 3,
      next: 2,
      reset: undefined,
    });
    const helper =
      '#!/shells/busybox sh\nmkdir -p /run/overlaykit\necho 7 >/run/overlaykit/counted\nkill -9 $$\n';
    for (const [noted, attempts] of [
      [helper, 3],
      [helper.replace('echo 7', 'echo 6'), 4],
    ] as const) {
      const files: ShellBoardFiles = {
        overlayInit: script,
        applets: [...applets, 'mkdir'],
        mtd,
        helper: noted.replace('mkdir', '/shells/busybox mkdir'),
        storage: { '/overlay/overlaykit/state.a': state, '/overlay/generations/1/upper/etc/file': '' },
      };
      const boot = await (await ShellBoard.make(t, shell, files)).boot(files, 0);
      const slot = parseSlot(boot.state['state.b'] ?? '');
      // With the limit of three, a fourth count would have given the generation up.
      t.is(boot.status?.rung, attempts === 3 ? 'persistent' : 'tmpfs', boot.console);
      t.is(slot.kind === 'state' ? slot.state.attempts : undefined, attempts, boot.console);
    }
  });
}
