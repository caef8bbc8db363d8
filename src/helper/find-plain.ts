/** The storage device of a plain boot: there at once, and as the board file says. Sizes that it does not give are "-". */
import type { BootPort } from './boot-port.ts';
import { type PlainBoot, word } from './boot-so-far.ts';
import { deviceCalled } from './storage-tags.ts';
import { attempt } from './trouble.ts';

const maxText = 64 * 1024;

/**
 * mtd KEY VALUE SIZE ERASE_BLOCK LEAST MOST, as overlay_init's find_mtd has them: hexadecimal as in /proc/mtd, bounds in pages of
 * 4096 bytes. A name that two partitions share is nobody's.
 * @returns the partition as mount wants it
 * @throws Error where it is not there, or another one; overlay_init waits, and says what is wrong
 */
export function findFlash(soFar: PlainBoot): string {
  const byName = word(soFar) === 'name';
  const value = word(soFar);
  const [size, eraseBlock, least, most] = [word(soFar), word(soFar), word(soFar), word(soFar)];
  const table = attempt('cannot read /proc/mtd', () => soFar.port.readFile('/proc/mtd', maxText));
  // One line: `mtd5: 00360000 00010000 "rootfs_data"`.
  const begins = `mtd${value}: `;
  const ends = ` "${value}"`;
  const found = table
    .split('\n')
    .filter((line) => (byName ? line.endsWith(ends) && nameOf(line) === value : line.startsWith(begins)));
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error('the flash has no such partition, or two');
  const [device = '', bytes = '', block = ''] = only.split(' ');
  const pages = least === '-' && most === '-' ? 0 : Number(`0x${bytes}`) / 4096;
  if (!isAs(size, bytes) || !isAs(eraseBlock, block) || !isWithin(Math.floor(pages), least, most))
    throw new Error('the partition has another size');
  return device.slice(0, -1);
}

/** A name may have blanks and quotes in it. */
function nameOf(line: string): string {
  return line.slice(line.indexOf('"') + 1, -1);
}

/**
 * block PATH SIZE LEAST MOST, in sectors of 512 bytes.
 * @throws Error as findFlash does
 */
export function findBlock(soFar: PlainBoot, path: string): string {
  const { port } = soFar;
  const [size, least, most] = [word(soFar), word(soFar), word(soFar)];
  if (port.deviceAt(path)?.kind !== 'block') throw new Error(`${path} is not there yet`);
  if (size === '-' && least === '-' && most === '-') return path;
  const sectors = sectorsOf(port, path);
  if (!isAs(size, sectors) || !isWithin(Number(sectors), least, most))
    throw new Error('the storage has another size');
  return path;
}

function sectorsOf(port: BootPort, path: string): string {
  const node = `/sys/class/block/${path.slice(path.lastIndexOf('/') + 1)}/size`;
  return attempt(`cannot read ${node}`, () => port.readFile(node, 64)).split('\n')[0] ?? '';
}

/**
 * tagged FSTYPE LABEL=...|UUID=... SIZE LEAST MOST
 * @throws Error as findFlash does
 */
export function findTagged(soFar: PlainBoot): string {
  const fstype = word(soFar);
  const tag = word(soFar);
  const by = tag.startsWith('UUID=') ? 'uuid' : 'label';
  return findBlock(
    soFar,
    `/dev/${deviceCalled(soFar.port, fstype, by, tag.slice(tag.indexOf('=') + 1), tag)}`,
  );
}

function isAs(wanted: string | undefined, found: string): boolean {
  return wanted === '-' || wanted === found;
}

function isWithin(size: number, least: string | undefined, most: string | undefined): boolean {
  return (least === '-' || size >= Number(least)) && (most === '-' || size <= Number(most));
}
