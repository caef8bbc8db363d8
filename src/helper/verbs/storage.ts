/**
 * `storage`: which device the storage is, what is in it, and a new one in its place. A storage that holds anything is erased
 * only when somebody says what becomes of that: copied first, or discarded.
 */
import { verbExit } from '../../shared/verb-exit.ts';
import { readBootStatus } from '../boot-status.ts';
import { bytesOf } from '../bytes.ts';
import { isDirectoryPath } from '../plan.ts';
import { addressText } from '../storage-address.ts';
import { contradictions, findDevice, type StorageDevice, users } from '../storage-device.ts';
import { type Head, headBytes, headOf, isHalfMade } from '../storage-head.ts';
import { readStoragePlan, type StoragePlan } from '../storage-plan.ts';
import type { BoardPort } from '../storage-port.ts';
import { attempt, oneLine, Refused, WrongWords } from '../trouble.ts';

export function storage(port: BoardPort, words: readonly string[]): number {
  const [verb, how, ...rest] = words;
  if (verb === undefined) return show(port);
  if (verb === 'erase-marked' && how === undefined) return eraseMarked(port);
  if (verb !== 'renew') throw new WrongWords();
  if (how === '--discard' && rest.length === 0) return renew(port, undefined);
  const [copy, ...more] = rest;
  if (how !== '--copy' || copy === undefined || more.length > 0) throw new WrongWords();
  return renew(port, copy);
}

/** What this boot has found; empty where it has found nothing, or has not got that far. */
function bootedDevice(port: BoardPort): string {
  try {
    return bytesOf(readBootStatus(port).device);
  } catch (error) {
    if (error instanceof Refused) return '';
    throw error;
  }
}

/** As good as blank. */
const halfMade: Head = { kind: 'blank', looks: 'half-made by overlaykit' };

function show(port: BoardPort): number {
  const plan = readStoragePlan(port);
  const booted = bootedDevice(port);
  port.print(`address: ${oneLine(addressText(plan.address))}`);
  port.print(`type: ${oneLine(plan.fstype)}`);
  const device = findDevice(port, plan, booted);
  const used = users(port, device);
  const wrong = contradictions(device, plan, booted);
  const half = plan.makesIfBlank && isHalfMade(port, device);
  const { kind, looks } = half ? halfMade : headOf(port, device.path);
  port.print(`device: ${device.name}`);
  port.print(`bytes: ${device.bytes}`);
  if (device.kind === 'flash') port.print(`erase-block: ${device.eraseBlockBytes}`);
  port.print(`looks-like: ${looks}`);
  for (const one of used) port.print(`used: ${one}`);
  for (const one of wrong) port.print(`wrong: ${one}`);
  if (used.length > 0) return verbExit.done;
  for (const line of advice(plan, device, kind)) port.print(`can-do: ${line}`);
  return verbExit.no;
}

function advice(plan: StoragePlan, { path, bytes }: StorageDevice, kind: string): readonly string[] {
  const renewing = whyNoRenewal(plan, path);
  if (kind !== 'something')
    return renewing === undefined ? ['the next boot makes a new storage on it'] : [renewing];
  return [
    `look at it elsewhere: a copy of ${path} has ${bytes} bytes`,
    ...(renewing === undefined
      ? [
          'overlay_helper storage renew --copy FILE: a new storage, and what is in the old one in FILE',
          'overlay_helper storage renew --discard: a new storage, and what is in the old one is lost',
        ]
      : [renewing]),
  ];
}

/** Why the next boot would make nothing of a blank device; undefined where it would. */
function whyNoRenewal({ address, fstype, makesIfBlank }: StoragePlan, path: string): string | undefined {
  if (address.by === 'label')
    return `the board finds it by its label, and blank storage has none: mkfs.${fstype} -L ${oneLine(address.label)} ${path}`;
  if (address.by === 'uuid')
    return `the board finds it by its UUID, and blank storage has none: mkfs.${fstype} -U ${oneLine(address.uuid)} ${path}`;
  return makesIfBlank
    ? undefined
    : `the board has no mkfs.${fstype} of its own; run one: mkfs.${fstype} ${path}`;
}

/** The device, once nothing speaks against writing over all of it. */
function writableDevice(port: BoardPort, plan: StoragePlan): StorageDevice {
  const booted = bootedDevice(port);
  const device = findDevice(port, plan, booted);
  const against = [...contradictions(device, plan, booted), ...users(port, device)];
  if (against.length > 0) throw new Refused(against.join('; '));
  return device;
}

function renew(port: BoardPort, copy: string | undefined): number {
  const plan = readStoragePlan(port);
  const device = writableDevice(port, plan);
  const without = whyNoRenewal(plan, device.path);
  if (without !== undefined) throw new Refused(without);
  if (copy !== undefined) copyAway(port, device, copy);
  makeBlank(port, device);
  port.print(`${device.name} is blank; the next boot makes a new storage on it`);
  return verbExit.done;
}

/** tmpfs, ramfs, and overlayfs, whose upper is in memory where the storage is of no use: gone with the power. */
const inMemory: readonly number[] = [0x01021994, 0x858458f6, 0x794c7630];

function copyAway(port: BoardPort, device: StorageDevice, copy: string): void {
  if (!isDirectoryPath(copy))
    throw new Refused(`"${oneLine(copy)}" is no absolute path without "." and ".."`);
  const folder = copy.slice(0, copy.lastIndexOf('/')) || '/';
  const directory = attempt(`cannot open ${oneLine(folder)}`, () => port.openDirectory(folder));
  const { type, blockSize, available } = attempt(`cannot ask for the room at ${oneLine(folder)}`, () =>
    port.statfs(folder),
  );
  if (inMemory.includes(type))
    throw new Refused(`${oneLine(folder)} lies in memory, and the copy would be lost with the power`);
  if (available * blockSize < device.bytes)
    throw new Refused(
      `the copy needs ${device.bytes} bytes, ${available * blockSize} are free at ${oneLine(folder)}`,
    );
  attempt(`cannot copy ${device.path}`, () => {
    port.copyDevice(device.path, device.bytes, copy);
    port.syncDirectory(directory);
  });
  port.close(directory);
  port.print(`${device.bytes} bytes of ${device.name} are in ${oneLine(copy)}`);
}

/** Erases flash whole; of a block device as much as the boot looks at to find it blank. Reads back what it has done. */
function makeBlank(port: BoardPort, { path, kind, bytes, eraseBlockBytes }: StorageDevice): void {
  attempt(`cannot make ${path} blank; part of it may be`, () => {
    if (kind === 'flash') port.eraseFlash(path, bytes, eraseBlockBytes);
    else port.zeroDevice(path, headBytes < bytes ? headBytes : bytes);
  });
  if (headOf(port, path).kind !== 'blank') throw new Error(`${path} does not read as blank afterwards`);
}

/** What overlay_init asks for where flash does not mount: the factory's mark says itself that nothing behind it is wanted. */
function eraseMarked(port: BoardPort): number {
  const plan = readStoragePlan(port);
  const device = writableDevice(port, plan);
  if (device.kind !== 'flash') throw new Refused(`${device.name} is no flash`);
  const { kind, looks } = headOf(port, device.path);
  if (kind !== 'marked') throw new Refused(`${device.name} is not marked to be erased: ${looks}`);
  makeBlank(port, device);
  port.print(`${device.name} was marked to be erased by its image, and is erased`);
  return verbExit.done;
}
