/** The mounts are moved by one mount with a table; what a mount does that does not know it, or stops on the way, in three shells. */
import test from 'ava';
import { boardText, renderBoard } from '../support/plans.ts';
import { ShellBoard, type ShellBoardFiles, shells } from '../support/shell-board.ts';

const tables = '$1$2$3" in -n-a-T)';
const mounts = {
  'one that does all of it': { before: '', singly: [] },
  'one that has no -T': {
    before: `case "${tables} echo "mount: unrecognized option: T" >&2; exit 1 ;; esac`,
    singly: ['/dev', '/run', '/overlay', '/proc'],
  },
  'one that says that it did it, and did not': {
    before: `case "${tables} exit 0 ;; esac`,
    singly: ['/dev', '/run', '/overlay', '/proc'],
  },
  'one that stops after two moves': {
    before: `case "${tables} $bb sed -i '3,$d' "$4"; code=1 ;; esac`,
    singly: ['/overlay', '/proc'],
  },
  'one that fails after the last move': {
    before: `case "${tables} code=1 ;; esac`,
    singly: [],
  },
} as const;

for (const shell of shells) {
  for (const [title, { before, singly }] of Object.entries(mounts)) {
    test.serial(`${shell}: ${title} leaves the same mounts`, async (t) => {
      const { script, applets } = await renderBoard(boardText({ helper: { enabled: false } }));
      const files: ShellBoardFiles = {
        overlayInit: script,
        applets,
        mtd: 'mtd1: 01000000 00010000 "storage"\n',
        before: { mount: before },
      };
      const boot = await (await ShellBoard.make(t, shell, files)).boot(files, 0);
      t.is(boot.status?.rung, 'persistent', boot.console);
      t.deepEqual(boot.calls.at(-1), ['init', 'one', 'two words'], boot.console);
      t.deepEqual(
        boot.calls.filter((call) => call.join(' ').startsWith('mount -n -o move ')).map((call) => call[4]),
        singly,
        boot.console,
      );
      t.deepEqual(
        boot.mounts,
        ['/rom squashfs', '/proc proc', '/dev devtmpfs', '/run tmpfs', '/overlay jffs2', '/ overlay'],
        boot.console,
      );
    });
  }

  test.serial(
    `${shell}: a rung that cannot be entered has its mounts back, whatever moved them`,
    async (t) => {
      const { script, applets } = await renderBoard(boardText({ helper: { enabled: false } }));
      for (const { before } of Object.values(mounts)) {
        const files: ShellBoardFiles = {
          overlayInit: script,
          applets,
          mtd: 'mtd1: 01000000 00010000 "storage"\n',
          before: { mount: before },
        };
        const board = await ShellBoard.make(t, shell, files);
        const whole = await board.boot(files, 0);
        const pivot = whole.calls.findIndex(([name]) => name === 'pivot_root') + 1;
        const boot = await board.boot(files, pivot);
        t.is(boot.status?.rung, 'tmpfs', boot.console);
        t.true(
          boot.mounts.includes('/dev devtmpfs') && boot.mounts.includes('/proc proc'),
          boot.mounts.join('\n'),
        );
        t.true(
          boot.mounts.includes('/overlay tmpfs') && boot.mounts.includes('/ overlay'),
          boot.mounts.join('\n'),
        );
        t.false(
          boot.mounts.some((mount) => mount.includes('jffs2')),
          boot.mounts.join('\n'),
        );
      }
    },
  );
}
