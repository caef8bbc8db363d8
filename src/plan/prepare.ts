/** What every rung needs: the kernel's own file systems, a place to write, and modules. */
import type { Board } from '../board/schema.ts';
import { atLeast } from '../board/version.ts';
import type { Step } from '../shared/step.ts';
import { mountOnce } from '../steps/mount.ts';

/** The steps before the ladder. A kernel that cannot have a file system (devtmpfs before 2.6.32) is not asked for it. */
export function prepareSteps(board: Board): readonly Step[] {
  const kernel = board.kernel.version;
  const known = board.kernel.filesystems;
  const has = (fstype: string, since: string): boolean =>
    atLeast(kernel, since) && (known.length === 0 || known.includes(fstype));
  return [
    mountOnce('proc', 'proc', '/proc', ['rw', 'nosuid', 'nodev', 'noexec']),
    ...(has('sysfs', '2.6') && asksSysfs(board)
      ? [mountOnce('sysfs', 'sysfs', '/sys', ['rw', 'nosuid', 'nodev', 'noexec'])]
      : []),
    ...(has('devtmpfs', '2.6.32')
      ? [mountOnce('devtmpfs', 'devtmpfs', '/dev', ['rw', 'nosuid', 'mode=0755'])]
      : []),
    ...(has('tmpfs', '2.4') ? [mountOnce('tmpfs', 'tmpfs', '/run', runOptions)] : []),
    ...board.kernel.modules.map(
      ({ name, parameters }): Step => ({ kind: 'load-module', module: name, parameters }),
    ),
  ];
}

/**
 * Whether a step of ours looks into /sys: for a button, or for the size of a block device. Init mounts it for itself, as it
 * would without an overlay, and a mount costs as much as a tenth of all that overlay_init does.
 */
function asksSysfs({ reset, storage }: Board): boolean {
  const { size, min_size, max_size, find } = storage;
  // Those of flash are in /proc/mtd.
  const flash = find?.mtd !== undefined || find?.mtd_number !== undefined;
  const sized = [size, min_size, max_size].some((bytes) => bytes !== undefined);
  return reset.gpio !== undefined || (sized && !flash);
}

/** systemd's own limit for /run; without one, a log gone wild takes half the memory. */
const runOptions: readonly string[] = ['rw', 'nosuid', 'nodev', 'size=20%', 'mode=0755'];
