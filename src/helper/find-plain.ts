/** The storage device of a plain boot: there at once, and as the board file says. */
import type { StorageAddress } from '../shared/step.ts';
import type { BootPort } from './boot-port.ts';
import { bytesOf } from './bytes.ts';
import { isRecord } from './plan.ts';
import { taggedDevice } from './storage-tags.ts';
import { attempt } from './trouble.ts';

type Fields = Readonly<Record<string, unknown>>;

const maxText = 64 * 1024;

/**
 * Looks once.
 * @param fstype of the storage, which labels and UUIDs are read in
 * @returns its name as mount wants it
 * @throws Error where it is not there, or another one; overlay_init waits, and says what is wrong
 */
export function findPlainDevice(port: BootPort, step: Fields, fstype: string): string {
  const { address } = step;
  if (isRecord(address) && address.by === 'path' && typeof address.path === 'string')
    return blockDevice(port, bytesOf(address.path), step);
  if (isRecord(address) && address.by === 'mtd-name' && typeof address.name === 'string')
    return flash(port, step, undefined, bytesOf(`"${address.name}"`));
  if (isRecord(address) && address.by === 'mtd-number' && typeof address.number === 'number')
    return flash(port, step, `mtd${address.number}:`, undefined);
  if (isRecord(address) && address.by === 'label' && typeof address.label === 'string')
    return blockDevice(port, tagged(port, { by: 'label', label: address.label }, fstype), step);
  if (isRecord(address) && address.by === 'uuid' && typeof address.uuid === 'string')
    return blockDevice(port, tagged(port, { by: 'uuid', uuid: address.uuid }, fstype), step);
  throw new Error('the plan does not say how the storage is found');
}

function tagged(port: BootPort, address: StorageAddress, fstype: string): string {
  return `/dev/${taggedDevice(port, { address, fstype })}`;
}

/** One line of /proc/mtd: `mtd5: 00360000 00010000 "rootfs_data"`. */
function flash(port: BootPort, step: Fields, number: string | undefined, name: string | undefined): string {
  const table = attempt('cannot read /proc/mtd', () => port.readFile('/proc/mtd', maxText));
  const found = table
    .split('\n')
    .map((line) => line.split(' '))
    .filter((words) => words[0] === number || words.slice(3).join(' ') === name);
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error('the flash has no such partition, or two');
  expectSize(step, hexadecimal(only[1] ?? ''), 4096);
  if (step.eraseBlockBytes !== undefined && hexadecimal(only[2] ?? '') !== step.eraseBlockBytes)
    throw new Error('the partition has other erase blocks');
  return (only[0] ?? '').slice(0, -1);
}

function blockDevice(port: BootPort, path: string, step: Fields): string {
  if (port.deviceAt(path)?.kind !== 'block') throw new Error(`${path} is not there yet`);
  if (step.sizeBytes === undefined && step.minBytes === undefined && step.maxBytes === undefined) return path;
  const node = `/sys/class/block/${path.slice(path.lastIndexOf('/') + 1)}/size`;
  const sectors = Number(attempt(`cannot read ${node}`, () => port.readFile(node, 64)).split('\n')[0]);
  expectSize(step, sectors * 512, 512);
  return path;
}

/** Bounds are compared in the units in which overlay_init counts. */
function expectSize({ sizeBytes, minBytes, maxBytes }: Fields, bytes: number, unit: number): void {
  const units = (value: unknown): number => Math.floor(Number(value) / unit);
  const fits =
    (sizeBytes === undefined || bytes === sizeBytes) &&
    (minBytes === undefined || units(bytes) >= units(minBytes)) &&
    (maxBytes === undefined || units(bytes) <= units(maxBytes));
  if (!fits) throw new Error('the storage has another size');
}

function hexadecimal(text: string): number {
  let value = 0;
  for (let at = 0; at < text.length; at++) value = value * 16 + '0123456789abcdef'.indexOf(text.charAt(at));
  return value;
}
