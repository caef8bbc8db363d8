/**
 * A storage that does not mount, in the four ways a board goes on from there: made, left to the background, repaired, erased.
 * Whatever call fails, init is executed, nothing is made on what is not blank, and the next boot finds a storage that it can
 * use. In three shells, for every n.
 */
import test from 'ava';
import { boardText, renderBoard } from '../support/plans.ts';
import { ShellBoard, type ShellBoardFiles, type ShellBoot, shells } from '../support/shell-board.ts';
import { diskFiles, diskPath, type Head, helperText, readDisk, setDisk } from '../support/shell-disk.ts';

interface Row {
  /** The function that mounts it. */
  readonly by: string;
  readonly board: Readonly<Record<string, unknown>>;
  /** What lies on the device before the boot. */
  readonly head: Head;
  readonly rung: 'persistent' | 'tmpfs';
  readonly says: RegExp;
}

const applets = ['chroot', 'dd', 'ls', 'mkdir', 'mount', 'pivot_root', 'rm', 'sleep', 'sync', 'tr', 'umount'];
const disk = { type: 'ext4', find: { path: diskPath } };

const rows: readonly Row[] = [
  {
    by: 'mount_or_make',
    board: { helper: { enabled: false }, storage: disk, applets: [...applets, 'mkfs.ext4'] },
    head: 'blank',
    rung: 'persistent',
    says: /\/dev\/disk is blank; making ext4 on it$/m,
  },
  {
    by: 'mount_or_leave',
    board: { storage: { ...disk, first_boot: 'tmpfs' }, applets: [...applets, 'mkfs.ext4'] },
    head: 'blank',
    rung: 'tmpfs',
    says: /\/dev\/disk is blank; it is made ready in the background/,
  },
  {
    by: 'mount_or_repair',
    board: { helper: { enabled: false }, storage: disk, applets: [...applets, 'e2fsck'] },
    head: 'noise',
    rung: 'persistent',
    says: /\/dev\/disk was repaired by e2fsck/,
  },
  {
    by: 'mount_or_erase',
    board: {},
    head: 'noise',
    rung: 'persistent',
    says: /mtd1 was marked to be erased by its image, and is erased/,
  },
];

const mtd = 'mtd1: 01000000 00010000 "storage"\n';

for (const shell of shells) {
  for (const { by, board: keys, head, rung, says } of rows) {
    test.serial(`${shell}, ${by}: init is executed whichever call fails`, async (t) => {
      const { script, applets: needed } = await renderBoard(boardText(keys));
      t.regex(script, new RegExp(`'?${by}'? `));
      const files = filesOf(script, needed, keys);
      const board = await ShellBoard.make(t, shell, files);
      await setDisk(board, head);
      const whole = await board.boot(files, 0);
      const said = `${whole.console}\n${calls(whole)}`;
      t.deepEqual(whole.calls.at(-1), ['init', 'one', 'two words'], said);
      t.is(whole.status?.rung, rung, said);
      t.regex(`${whole.console}\n${whole.status?.reasons.join('\n')}`, says);
      for (let n = 1; n < whole.calls.length; n++) {
        await setDisk(board, head);
        const boot = await board.boot(files, n);
        const failed = boot.calls[n - 1]?.join(' ');
        // The chroot that has replaced the shell: PID 1 is then chroot's, and its end the end of the board's own init.
        if (failed?.startsWith('chroot . ')) continue;
        const about = `call ${n}, ${failed}, failed:\n${boot.console}\n${calls(boot)}`;
        t.deepEqual(boot.calls.at(-1), ['init', 'one', 'two words'], about);
        t.false(boot.status?.rung === 'persistent' && (await readDisk(board)) !== 'fine', about);
        if (shell !== 'busybox' || !/^(dd|ls|tr|sync|mkfs|e2fsck)\b/.test(failed ?? '')) continue;
        const next = await board.boot(files, 0);
        t.is(next.status?.rung, (await readDisk(board)) === 'fine' ? 'persistent' : rung, about);
      }
    });
  }

  test.serial(
    `${shell}: on what is neither blank nor marked nothing is made, whichever call fails`,
    async (t) => {
      for (const { board: keys, rung } of rows.slice(0, 2)) {
        const { script, applets: needed } = await renderBoard(boardText(keys));
        const files = filesOf(script, needed, keys);
        const board = await ShellBoard.make(t, shell, files);
        await setDisk(board, 'noise');
        const whole = await board.boot(files, 0);
        t.is(whole.status?.rung, 'tmpfs', whole.console);
        for (let n = 0; n < whole.calls.length; n++) {
          await setDisk(board, 'noise');
          const boot = await board.boot(files, n);
          t.is(await readDisk(board), 'noise', `call ${n}:\n${boot.console}`);
          t.false(
            boot.calls.some(([name]) => name === 'mkfs.ext4'),
            boot.console,
          );
        }
        await setDisk(board, 'noise', true);
        const again = await board.boot(files, 0);
        t.is(again.status?.rung, rung, `half-made is as good as blank:\n${again.console}\n${calls(again)}`);
      }
    },
  );
}

for (const shell of shells) {
  test.serial(
    `${shell}: a repair that loops is ended, no copy of the superblock is tried, and the boot goes on`,
    async (t) => {
      const { script, applets: needed } = await renderBoard(boardText(rows[2]?.board));
      const limit = '/dev/state/limit';
      const e2fsck = `ulimit -t >${limit}\nulimit -t 1\nwhile :; do :; done\n`;
      const files = filesOf(script, needed, rows[2]?.board ?? {});
      const looping = { ...files, programs: { ...files.programs, e2fsck } };
      const board = await ShellBoard.make(t, shell, looping);
      await setDisk(board, 'noise');
      const boot = await board.boot(looping, 0);
      t.deepEqual(boot.calls.at(-1), ['init', 'one', 'two words'], boot.console);
      t.is(boot.status?.rung, 'tmpfs');
      t.deepEqual(
        boot.calls.filter(([name]) => name === 'e2fsck'),
        [['e2fsck', '-p', diskPath]],
      );
      t.regex(boot.console, /e2fsck was ended by a signal; the next boot goes on/);
      t.is((await board.read(limit)).trim(), '900');
      t.is(await readDisk(board), 'noise', 'nothing was mounted, nothing made');
    },
  );
}

/** The tools of the file system are no applets that a script has to have. */
function filesOf(overlayInit: string, needed: readonly string[], keys: Row['board']): ShellBoardFiles {
  return {
    ...{ overlayInit, applets: [...needed, 'mkfs.ext4', 'e2fsck'], mtd, ...diskFiles },
    ...(keys.helper === undefined ? { helper: helperText } : {}),
  };
}

function calls(boot: ShellBoot): string {
  return boot.calls.map((call) => call.map((word) => JSON.stringify(word)).join(' ')).join('\n');
}
