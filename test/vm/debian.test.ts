/** A real distribution: Debian with systemd as init, in the merged root that our overlay_init makes, over JFFS2. */
import { debianRoot } from '../../src/lab/roots/debian.ts';
import { testWith } from '../support/needs.ts';
import { boardFile, output, ready, status, storageImage, withBoot } from '../support/shipped-boards.ts';

const slow = { timeoutMs: 240_000 };

testWith(
  ...(['qemu-system-x86_64', 'setpriv', 'sqfstar', 'mmdebstrap', 'depmod'] as const),
  ...(['dpkg-deb', 'apt-get', 'xz', 'musl-gcc'] as const),
)('Debian with systemd: running, writable, kept over a power cut', async (t) => {
  t.timeout(900_000);
  const { image } = await debianRoot();
  const board = await ready(boardFile('lab-jffs2'), { rootImage: image });
  const request = {
    machine: 'qemu',
    storageImage: await storageImage(),
    memoryMiB: 512,
    lifetimeMs: 600_000,
  } as const;
  await withBoot(t, board, request, async (boot) => {
    t.is((await boot.run('cat /proc/1/comm', slow)).output, 'systemd\n');
    t.is((await boot.run('systemctl is-system-running --wait', slow)).output, 'running\n');
    t.like(await status(boot), { rung: 'persistent', generation: '1', reasons: [] });
    t.is(await output(boot, 'stat -f -c %T / /rom'), 'overlayfs\nsquashfs');
    await output(boot, 'echo written >/etc/hostname && sync');
    await boot.cut();
  });
  await withBoot(t, board, request, async (boot) => {
    t.is((await boot.run('cat /etc/hostname /rom/etc/hostname', slow)).output, 'written\nfactory\n');
  });
});
