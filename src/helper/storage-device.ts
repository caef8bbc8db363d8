/**
 * The device of the storage, and every reason why it must not be written to as a whole: another name, number, size or erase
 * block than the board file says, or somebody who uses it.
 */
import { bytesOf } from './bytes.ts';
import { isKernelError } from './port.ts';
import { addressText } from './storage-address.ts';
import type { StoragePlan } from './storage-plan.ts';
import type { BoardPort } from './storage-port.ts';
import { taggedDevice } from './storage-tags.ts';
import { attempt, oneLine, Refused } from './trouble.ts';

export interface StorageDevice {
  /** As mount calls it: "mtd4", "/dev/mmcblk0p3". */
  readonly name: string;
  /** Its node. */
  readonly path: string;
  readonly kind: 'flash' | 'block';
  /** "31:4", as the mount table has it. */
  readonly number: string;
  readonly bytes: number;
  /** 0 for a block device. */
  readonly eraseBlockBytes: number;
}

const maxText = 1024 * 1024;
const mtdBlockMajor = 31;

/**
 * Finds it as overlay_init does.
 * @param booted what this boot has found; empty where it has found nothing
 * @throws Refused where there is none, or more than one
 */
export function findDevice(port: BoardPort, plan: StoragePlan, booted: string): StorageDevice {
  const { address } = plan;
  switch (address.by) {
    case 'mtd-name':
      return findFlash(port, addressText(address), (_number, name) => name === bytesOf(`"${address.name}"`));
    case 'mtd-number':
      return findFlash(port, addressText(address), (number) => number === `mtd${address.number}:`);
    case 'path':
      return blockDevice(port, bytesOf(address.path));
    case 'label':
    case 'uuid':
      return blockDevice(port, booted === '' ? `/dev/${taggedDevice(port, plan)}` : bytesOf(booted));
  }
}

/** One line of /proc/mtd: `mtd5: 00360000 00010000 "rootfs_data"`. */
function findFlash(
  port: BoardPort,
  what: string,
  fits: (number: string, name: string) => boolean,
): StorageDevice {
  const lines = read(port, '/proc/mtd').split('\n');
  const found: StorageDevice[] = [];
  for (const line of lines) {
    const [number = '', size = '', block = '', ...name] = line.split(' ');
    if (!number.startsWith('mtd') || !number.endsWith(':') || !fits(number, name.join(' '))) continue;
    const device = number.slice(0, -1);
    found.push({
      name: device,
      path: `/dev/${device}`,
      kind: 'flash',
      number: `${mtdBlockMajor}:${device.slice('mtd'.length)}`,
      bytes: hexadecimal(size),
      eraseBlockBytes: hexadecimal(block),
    });
  }
  const [only] = found;
  if (only === undefined) throw new Refused(`/proc/mtd has no ${what}`);
  if (found.length > 1) throw new Refused(`/proc/mtd has ${what} ${found.length} times`);
  return only;
}

function blockDevice(port: BoardPort, path: string): StorageDevice {
  const device = port.deviceAt(path);
  if (device?.kind !== 'block') throw new Refused(`${path} is no block device`);
  const number = `${device.major}:${device.minor}`;
  const sectors = Number(read(port, `/sys/dev/block/${number}/size`).split('\n')[0]);
  return { name: path, path, kind: 'block', number, bytes: sectors * 512, eraseBlockBytes: 0 };
}

function hexadecimal(text: string): number {
  let value = 0;
  for (let at = 0; at < text.length; at++) value = value * 16 + '0123456789abcdef'.indexOf(text.charAt(at));
  return value;
}

function read(port: BoardPort, path: string): string {
  return attempt(`cannot read ${path}`, () => port.readFile(path, maxText));
}

/** What the board file says otherwise; empty where all is as it says. */
export function contradictions(device: StorageDevice, plan: StoragePlan, booted: string): readonly string[] {
  const { name, bytes, eraseBlockBytes } = device;
  const { sizeBytes, minBytes, maxBytes } = plan;
  const wrong: string[] = [];
  if (booted !== '' && booted !== name)
    wrong.push(`this boot has found ${booted} as its storage, now it is ${name}`);
  if (sizeBytes !== undefined && bytes !== sizeBytes)
    wrong.push(`${name} has ${bytes} bytes, the board file says ${sizeBytes}`);
  if (minBytes !== undefined && bytes < minBytes)
    wrong.push(`${name} has ${bytes} bytes, the board file wants at least ${minBytes}`);
  if (maxBytes !== undefined && bytes > maxBytes)
    wrong.push(`${name} has ${bytes} bytes, the board file wants at most ${maxBytes}`);
  if (plan.eraseBlockBytes !== undefined && eraseBlockBytes !== plan.eraseBlockBytes)
    wrong.push(
      `${name} has erase blocks of ${eraseBlockBytes} bytes, the board file says ${plan.eraseBlockBytes}`,
    );
  return wrong;
}

/** Who uses the device, in words; empty where nobody does. A block device is asked once more when it is opened. */
export function users(port: BoardPort, { number, name, path }: StorageDevice): readonly string[] {
  const found: string[] = [];
  for (const whose of ['self', '1']) {
    for (const line of read(port, `/proc/${whose}/mountinfo`).split('\n')) {
      const fields = line.split(' ');
      if (fields[2] === number) found.push(`${name} is mounted at ${oneLine(fields[4] ?? '?')}`);
    }
  }
  const block = name.startsWith('mtd') ? `/dev/mtdblock${name.slice('mtd'.length)}` : path;
  for (const line of orNothing(() => port.readFile('/proc/swaps', maxText)).split('\n')) {
    if (line.split(' ')[0] === block) found.push(`${block} is used for swapping`);
  }
  if (name.startsWith('mtd')) {
    for (const ubi of ubiDevices(port)) {
      const mtd = orNothing(() => port.readFile(`/sys/class/ubi/${ubi}/mtd_num`, 64)).split('\n')[0];
      if (mtd === name.slice('mtd'.length)) found.push(`${name} is attached to ${ubi}`);
    }
  }
  return unique(found);
}

function unique(all: readonly string[]): readonly string[] {
  const once: string[] = [];
  for (const one of all) if (!once.includes(one)) once.push(one);
  return once;
}

function ubiDevices(port: BoardPort): readonly string[] {
  const all: string[] = [];
  orNothing(() => {
    const directory = port.openDirectory('/sys/class/ubi');
    for (let names = port.entries(directory); names.length > 0; names = port.entries(directory))
      for (const name of names) all.push(name);
    port.close(directory);
    return '';
  });
  return all;
}

/** Where the kernel has no such thing, there is nobody who uses it. */
function orNothing(action: () => string): string {
  try {
    return action();
  } catch (error) {
    if (isKernelError(error)) return '';
    throw error;
  }
}
