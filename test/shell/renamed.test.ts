/** A script of somebody else's in overlay_init's place, which executes it under another name. In three shells. */
import test from 'ava';
import { boardText, renderBoard } from '../support/plans.ts';
import { ShellBoard, type ShellBoardFiles, shells } from '../support/shell-board.ts';

for (const shell of shells) {
  test.serial(`${shell}: it is not read for overlay_init, and the board boots in memory`, async (t) => {
    const { script, applets } = await renderBoard(boardText({ helper: { enabled: false } }));
    const files: ShellBoardFiles = {
      overlayInit: '#!/bin/sh\n# Plan of ours\necho begun\nexec /bin/sh /sbin/overlay_init.real "$@"\n',
      // Storage that is new needs what stands behind the boot.
      storage: { '/sbin/overlay_init.real': script },
      applets,
      mtd: 'mtd1: 01000000 00010000 "storage"\n',
    };
    const boot = await (await ShellBoard.make(t, shell, files)).boot(files, 0);
    t.is(boot.console.match(/^begun$/gm)?.length, 1, boot.console);
    t.regex(boot.console, /judge_slots cannot be called: it is not in .*\/sbin\/overlay_init$/m);
    t.deepEqual(boot.calls.at(-1), ['init', 'one', 'two words'], boot.console);
    t.is(boot.status?.rung, 'tmpfs', boot.console);
    t.regex(
      boot.status?.reasons[0] ?? '',
      /^persistent: step \d+, choose the generation.*: overlay_init could not read the rest of itself$/,
      boot.console,
    );
  });
}
