/** A rendered overlay_init with the helper and without: both have to end in the same mounts, and in init. */
import { parseMountinfo } from '../../src/lab/mountinfo.ts';
import { boardPaths } from '../../src/shared/helper-protocol.ts';
import { buildHelper } from '../../src/toolchain/helper.ts';
import { inNamespace } from '../support/helper-namespace.ts';
import { testAsRoot } from '../support/needs.ts';
import { boardText, renderBoard } from '../support/plans.ts';

const tmpfsBoard = (how: string): string =>
  boardText({ storage: { type: 'tmpfs', size: '16MiB' }, enter: { how }, ladder: ['tmpfs', 'read-only'] });

/** Boots the board as PID 1 of a namespace; what the kernel says of its mounts in the end, and its log. */
async function boot(
  how: string,
  shape: string,
): Promise<{ readonly mounts: readonly string[]; readonly log: string }> {
  const { script, planJson } = await renderBoard(tmpfsBoard(how));
  const text = script.replaceAll("'", "'\\''");
  const init = '#!/bin/sh\ncat /proc/self/mountinfo >/dev/console';
  const { console, kernelLog, stderr } = await inNamespace({
    helper: (await buildHelper({ arch: 'x86_64' })).path,
    plan: planJson,
    bare: true,
    image: true,
    shape: `printf '%s' '${text}' >sbin/overlay_init; printf '%s' '${init}' >sbin/init; ${shape}`,
    script: `exec ${boardPaths.overlayInit} single`,
  });
  const mounts = parseMountinfo(console).map(
    ({ target, fstype, options }) => `${target} ${fstype} ${options}`,
  );
  return { mounts: mounts.sort(), log: kernelLog + stderr };
}

for (const how of ['pivot', 'chroot']) {
  testAsRoot(`${how}: the same mounts with the helper, without it, and with a broken one`, async (t) => {
    const applets =
      'for a in umount pivot_root chroot cat touch sleep mv ls sync sh; do ln -sf busybox bin/$a; done';
    const by = await boot(how, applets);
    const without = await boot(how, `${applets}; rm sbin/overlay_helper`);
    const broken = await boot(how, `${applets}; echo noise >sbin/overlay_helper`);
    // In a chroot no process but the helper's own would follow it, so the plain boot is not its.
    const entered =
      how === 'pivot'
        ? /overlay_helper: boot: rung tmpfs: the root is overlay, overlay_init executes \/sbin\/init/
        : /overlay_helper: enter: rung tmpfs: the root is overlay, executing \/sbin\/init/;
    t.regex(by.log, entered);
    t.notRegex(without.log, /overlay_helper: (enter|boot)/);
    t.true(
      by.mounts.some((line) => line.startsWith('/ overlay ')),
      by.log,
    );
    t.true(by.mounts.some((line) => line.startsWith('/rom squashfs ')));
    t.deepEqual(without.mounts, by.mounts);
    t.deepEqual(broken.mounts, by.mounts);
  });
}
