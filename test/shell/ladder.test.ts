/** Whatever call fails, something executes init, and the ladder ends where it must. In three shells, for every n. */
import test, { type ExecutionContext } from 'ava';
import { matchesGolden } from '../support/golden.ts';
import { boardText, renderBoard } from '../support/plans.ts';
import { ShellBoard, type ShellBoardFiles, type ShellBoot, shells } from '../support/shell-board.ts';

const goodMtd =
  'dev:    size   erasesize  name\nmtd0: 00040000 00010000 "u-boot"\nmtd1: 01000000 00010000 "storage"\n';

const boards = {
  'jffs2, pivot': boardText({ helper: { enabled: false } }),
  'jffs2, chroot': boardText({ helper: { enabled: false }, enter: { how: 'chroot' } }),
  'tmpfs, pivot': boardText({
    helper: { enabled: false },
    storage: { type: 'tmpfs', size: '32MiB' },
    ladder: ['tmpfs', 'read-only', 'rescue'],
  }),
  'mini_fo, reset asked for': boardText({
    helper: { enabled: false },
    kernel: { version: '2.6.30', filesystems: ['proc', 'sysfs', 'tmpfs', 'mini_fo', 'jffs2', 'squashfs'] },
  }),
} as const;

for (const shell of shells) {
  for (const [title, text] of Object.entries(boards)) {
    test.serial(`${shell}, ${title}: init is executed whichever call fails`, async (t) => {
      const { script, applets } = await renderBoard(text);
      const reset = title.includes('reset');
      const files: ShellBoardFiles = {
        overlayInit: script,
        applets,
        mtd: goodMtd,
        ...(reset
          ? { storage: { '/overlay/overlaykit/reset': '', '/overlay/generations/1/upper/etc/old': 'old' } }
          : {}),
      };
      const board = await ShellBoard.make(t, shell, files);
      const whole = await board.boot(files, 0);
      await matchesGolden(
        t,
        `shell/${title.replace(/[^a-z0-9_]+/g, '-')}.calls`,
        `${callsOf(whole).join('\n')}\n`,
      );
      t.is(whole.status?.rung, title.startsWith('tmpfs') ? 'tmpfs' : 'persistent');
      t.deepEqual(lastCall(whole), ['init', 'one', 'two words']);
      const union = title.startsWith('mini_fo') ? 'mini_fo' : 'overlay';
      // The model's chroot changes no mount table: there the union stays on its mount point.
      t.true(
        whole.mounts.includes(`${title.includes('chroot') ? '/mnt' : '/'} ${union}`),
        whole.mounts.join('\n'),
      );
      for (let n = 1; n < whole.calls.length; n++) {
        const boot = await board.boot(files, n);
        const failed = boot.calls[n - 1]?.join(' ');
        // The chroot that has replaced the shell: PID 1 is then chroot's, and its end the end of the board's own init.
        if (failed?.startsWith('chroot . ')) continue;
        const about = `call ${n}, ${failed}, failed:\n${boot.console}\n${callsOf(boot).join('\n')}`;
        t.deepEqual(lastCall(boot), ['init', 'one', 'two words'], about);
        assertCoherent(t, boot, title.includes('chroot'), about);
      }
    });
  }
}

/** Either the merged root is entered and the old one below it, or everything a rung mounted is gone again. */
function assertCoherent(t: ExecutionContext, boot: ShellBoot, byChroot: boolean, about: string): void {
  const entered = byChroot
    ? boot.calls.some(([name, where]) => name === 'chroot' && where === '.')
    : boot.mounts.some((mount) => /^\/ (overlay|mini_fo)$/.test(mount));
  const below = byChroot ? '/mnt' : '';
  if (entered) {
    t.true(boot.mounts.includes(byChroot ? '/mnt/rom none' : '/rom squashfs'), about);
    t.true(
      boot.mounts.some((mount) => mount.startsWith(`${below}/overlay `)),
      about,
    );
  } else if (!boot.console.includes('cannot unmount')) {
    t.false(
      boot.mounts.some((mount) => /^\/(overlay|mnt) /.test(mount)),
      about,
    );
  }
}

function callsOf(boot: ShellBoot): readonly string[] {
  return boot.calls.map((call) => call.map((word) => JSON.stringify(word)).join(' '));
}

function lastCall(boot: ShellBoot): readonly string[] | undefined {
  return boot.calls.at(-1);
}
