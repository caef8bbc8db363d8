/**
 * An overlay_init as one writes it by hand: what the lab is tested with, and what ours is measured against. It takes
 * `store=tmpfs` or `store=DEVICE` (an ext4) from its environment and knows no failure.
 */
import { file, type RootFile } from '../../src/lab/roots/root-file.ts';

export const tenLineOverlay: RootFile = file(
  '/sbin/overlay_init',
  `#!/bin/sh
[ -e /proc/mounts ] || mount -t proc proc /proc
case $store in tmpfs) mount -t tmpfs -o mode=0755 tmpfs /overlay ;; *) mount -t ext4 "$store" /overlay ;; esac
mkdir -p /overlay/upper /overlay/work
mount -t overlay -o lowerdir=/,upperdir=/overlay/upper,workdir=/overlay/work overlay /mnt
for from in proc dev overlay; do mount -o move /$from /mnt/$from; done
[ ! -e /sys/kernel ] || mount -o move /sys /mnt/sys
cd /mnt
pivot_root . rom
exec chroot . /sbin/init < /dev/console > /dev/console 2>&1
`,
  0o755,
);
