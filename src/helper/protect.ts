/**
 * The block devices under the read-only layers are made read-only themselves: a mount that is read-only keeps programs out,
 * this keeps out who writes to the device behind its back.
 */
import type { Mounts } from './mounts.ts';
import type { Port } from './port.ts';
import { reason } from './trouble.ts';

/** Where overlay_init mounts the layers that are no part of the root. */
const layers = '/run/overlaykit/layers/';

/** 0: no block device (tmpfs, a bind of one). 7: loop devices stay read-only for whoever uses them next. 31: flash, whose
 * block layer nobody writes through. */
const left: readonly string[] = ['0', '7', '31'];

/** Does it where it can be done; what cannot is said, and costs nothing. */
export function protectLayers(port: Port, mounts: Mounts, storage: string): void {
  const storageNumber = mounts.numberAt(storage);
  for (const number of mounts.numbersBelow(layers, mounts.numberAt('/'))) {
    if (number === storageNumber || left.includes(number.split(':')[0] ?? '')) continue;
    try {
      protect(port, number, storageNumber);
    } catch (error) {
      port.log(5, reason(`overlay_helper: enter: block device ${number} stays writable`, error));
    }
  }
}

function protect(port: Port, number: string, storageNumber: string | undefined): void {
  const place = port.readlink(`/sys/dev/block/${number}`);
  // Read-only on a whole disk is read-only on its partitions (bdev_read_only).
  if (storageNumber !== undefined && isOnDisk(port, storageNumber, place)) return;
  const node = `/dev/${place.slice(place.lastIndexOf('/') + 1)}`;
  const device = port.deviceAt(node);
  if (device?.kind !== 'block' || `${device.major}:${device.minor}` !== number)
    throw new Error(`${node} is another device`);
  port.setReadOnly(node);
}

function isOnDisk(port: Port, number: string, disk: string): boolean {
  if (left.includes(number.split(':')[0] ?? '')) return false;
  return port.readlink(`/sys/dev/block/${number}`).startsWith(`${disk}/`);
}
