/**
 * What the lab's busybox root starts: busybox init's table and the two scripts it names. They are an ordinary small
 * firmware's: they know nothing of overlaykit, and work on a writable root as well as on a read-only one.
 */
import { labShellPath } from '../labshell.ts';

/** The line on the console by which a boot of a busybox root is known to have reached its own init. */
export const initIsUp = 'lab: init is up';

/** What the shell on the console prompts with; at the start of a line. */
export const consolePrompt = '# ';

/**
 * An empty terminal name is the console. The shell there is a login shell, so it reads /etc/profile, and is respawned:
 * `exit` gives a fresh one.
 */
export const inittab = `::sysinit:/etc/init.d/rcS
::respawn:-/bin/sh
::ctrlaltdel:/sbin/reboot
::shutdown:/etc/init.d/rcK
`;

/**
 * Mounts what overlay_init or the kernel has not mounted, since the same root also boots with init=/sbin/init. Each
 * command may fail: a board without a mount point still has to reach its shell.
 */
export const rcS = `#!/bin/sh
mounted() { grep -q " $1 " /proc/mounts 2> /dev/null; }
mounted /proc || mount -t proc proc /proc
mounted /sys || mount -t sysfs sysfs /sys
mounted /dev || mount -t devtmpfs devtmpfs /dev
mounted /run || mount -t tmpfs -o mode=0755 tmpfs /run
mounted /tmp || mount -t tmpfs -o mode=1777 tmpfs /tmp
hostname "$(cat /etc/hostname)"
[ ! -x ${labShellPath} ] || ${labShellPath} &
for service in /etc/init.d/S*; do [ ! -x "$service" ] || "$service" start; done
cat /etc/issue
echo '${initIsUp}'
`;

export const rcK = `#!/bin/sh
echo 'lab: init goes down'
sync
`;

export const profile = `PS1='${consolePrompt}'
PATH=/sbin:/bin:/usr/sbin:/usr/bin
HOME=/root
export PS1 PATH HOME
`;
