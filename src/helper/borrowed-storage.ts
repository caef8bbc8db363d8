/**
 * The storage on a rung that does without it: mounted for this process alone, at a place that nobody else sees, and gone
 * with it however it ends.
 */
import { boardPaths } from '../shared/helper-protocol.ts';
import { mountOptions } from '../shared/mount-options.ts';
import { readMounts } from './mounts.ts';
import { contradictions, findDevice, users } from './storage-device.ts';
import { isHalfMade } from './storage-head.ts';
import { readStoragePlan, type StoragePlan } from './storage-plan.ts';
import type { BoardPort } from './storage-port.ts';
import { attempt, Refused, reason } from './trouble.ts';

const place = `${boardPaths.runDir}/storage`;
/** Where overlay_init has mounted it read-only, below a union in memory. */
const committed = `${boardPaths.storage}/committed`;

/**
 * Mounts it, and gives its place and the device's name to the action.
 * @throws Refused where there is no storage, it is mounted already, or it cannot be mounted
 */
export function withBorrowedStorage<T>(port: BoardPort, action: (path: string, device: string) => T): T {
  const plan = readStoragePlan(port);
  const device = findDevice(port, plan, '');
  const [wrong] = contradictions(device, plan, '');
  if (wrong !== undefined) throw new Refused(`${wrong}; it was left alone`);
  if (readMounts(port).numberAt(committed) === device.number)
    return writable(port, plan, (path) => action(path, device.name));
  if (plan.makesIfBlank && isHalfMade(port, device))
    throw new Refused(`${device.name} is only half-made; boot from it first`);
  const [user] = users(port, device);
  if (user !== undefined) throw new Refused(`${user}; only a storage that nobody uses can be borrowed`);
  attempt('cannot have mounts of its own', () => port.separateMounts());
  port.mkdir(place);
  const { flags, data } = mountOptions(plan.options);
  try {
    port.mount(device.name, place, plan.fstype, flags, data);
  } catch (error) {
    throw new Refused(reason(`the storage, ${device.name}, cannot be mounted as ${plan.fstype}`, error));
  }
  try {
    return action(place, device.name);
  } finally {
    // The last descriptor that is closed ends it, so it is over when this process is.
    port.detach(place);
  }
}

/**
 * The same while a boot looks for its root: the storage is where the boot has mounted it, read-only below a union in memory or
 * to be written. Gives its place to the action.
 * @throws Refused where it cannot be made writable
 */
export function withStorageOfBoot<T>(port: BoardPort, action: (path: string) => T): T {
  const path = placeOfStorage(port);
  return path === committed ? writable(port, readStoragePlan(port), action) : action(path);
}

/** Where this boot has the storage mounted, to look at it: below a union in memory, or where it always is. */
export function placeOfStorage(port: BoardPort): string {
  return readMounts(port).numberAt(committed) === undefined ? boardPaths.storage : committed;
}

/** The kernel's flags for mount(2). */
const [readOnly, remount] = [1, 32];

/** The place that the boot has mounted it at stays read-only: that is a flag of the mount, and this process has its own. */
function writable<T>(port: BoardPort, { fstype, options }: StoragePlan, action: (path: string) => T): T {
  const { flags, data } = mountOptions(options);
  attempt('cannot have mounts of its own', () => port.separateMounts());
  try {
    port.mount('', committed, fstype, flags + remount, data);
  } catch (error) {
    throw new Refused(reason('the storage cannot be made writable', error));
  }
  try {
    return action(committed);
  } finally {
    makeReadOnly(port, fstype, flags + remount + readOnly, data);
  }
}

/** That it stays writable below a mount that is read-only is worth a word, and no failure of what was done. */
function makeReadOnly(port: BoardPort, fstype: string, flags: number, data: string): void {
  try {
    port.mount('', committed, fstype, flags, data);
  } catch (error) {
    port.complain(reason('overlay_helper: the storage cannot be made read-only again', error));
  }
}
