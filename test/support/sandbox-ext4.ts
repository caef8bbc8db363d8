/** Shipped boards with a storage of ext4 in the sandbox: what the tests need of this machine, and what the sandbox brings along. */
import type { GivenMount } from '../../src/plan/simulate.ts';
import { testWith } from './needs.ts';

/** What such a board needs to be built and to boot. */
export const sandboxTools = [
  ...(['unshare', 'nsenter', 'losetup', 'script', 'mksquashfs', 'sqfstar', 'busybox'] as const),
  ...(['mkfs.ext4', 'musl-gcc'] as const),
] as const;

/** Tests that boot one. */
export const sandbox = testWith(...sandboxTools);

/** Mounts that the sandbox has made before overlay_init begins. */
export const sandboxGiven: readonly GivenMount[] = [
  { target: '/dev', fstype: 'tmpfs' },
  { target: '/proc', fstype: 'proc' },
  { target: '/sys', fstype: 'sysfs' },
];

/** Places where the lab mounts what it needs itself. */
export const sandboxOwn: readonly string[] = ['/tmp', '/dev/pts', '/dev/shm'];
