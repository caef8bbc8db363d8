/** What a board says of its flash, its block devices and its mounts. Pure; any text will do, lines that are none are left out. */
import { type MountEntry, parseMountinfo } from '../../lab/mountinfo.ts';
import type { Mount, MtdPartition, Room } from './facts.ts';
import { lines, wholeNumber } from './lines.ts';

/** /proc/mtd: `mtd5: 00360000 00010000 "rootfs_data"`, sizes in hexadecimal. A name can hold anything, quotes as well. */
export function mtdPartitions(text: string, kinds: string): readonly MtdPartition[] {
  const types = new Map(lines(kinds).map((line) => [line.split(' ')[0], line.split(' ')[1] ?? ''] as const));
  return text.split('\n').flatMap((line) => {
    const match = /^mtd(\d{1,3}): ([0-9a-f]{8,12}) ([0-9a-f]{8}) "(.*)"$/.exec(line);
    const [, number = '', size, eraseBlock, name = ''] = match ?? [];
    if (match === null) return [];
    const type = types.get(number) ?? '';
    return [
      {
        number: Number(number),
        name,
        size: wholeNumber(size, 16) ?? 0,
        eraseBlock: wholeNumber(eraseBlock, 16) ?? 0,
        ...(type === '' ? {} : { type }),
      },
    ];
  });
}

/** /proc/partitions: major, minor, blocks of 1 KiB, name. */
export function partitions(text: string): readonly { readonly name: string; readonly size: number }[] {
  return lines(text).flatMap((line) => {
    const match = /^\d+\s+\d+\s+(\d{1,12})\s+(\S+)$/.exec(line);
    return match === null ? [] : [{ name: match[2] ?? '', size: Number(match[1]) * 1024 }];
  });
}

export interface Labelled {
  readonly device: string;
  readonly label?: string;
  readonly uuid?: string;
  readonly type?: string;
}

/** blkid, util-linux's and busybox's: `/dev/sda1: LABEL="data" UUID="..." TYPE="ext4"`. */
export function labels(text: string): readonly Labelled[] {
  return lines(text).flatMap((line) => {
    const match = /^(\/[^:]*): (.*)$/.exec(line);
    if (match === null) return [];
    const field = (name: string): string | undefined =>
      new RegExp(`(?:^| )${name}="((?:[^"\\\\]|\\\\.)*)"`).exec(match[2] ?? '')?.[1]?.replace(/\\(.)/g, '$1');
    const found = { label: field('LABEL'), uuid: field('UUID'), type: field('TYPE') };
    const given = Object.fromEntries(Object.entries(found).filter(([, value]) => (value ?? '') !== ''));
    return [{ device: match[1] ?? '', ...given }];
  });
}

/** The mount table: mountinfo, or /proc/mounts where the kernel is older than 2.6.26; with the room that was asked for. */
export function mounts(text: string, roomText: string): readonly Mount[] {
  const rooms = new Map(lines(roomText).flatMap(roomOf));
  const entries = text.split('\n').flatMap(mountOf);
  return entries.map((entry, index) => {
    const hidden = entries.slice(index + 1).some(({ target }) => target === entry.target);
    const room = hidden ? undefined : rooms.get(entry.target);
    return { ...entry, hidden, ...(room === undefined ? {} : { room }) };
  });
}

function mountOf(line: string): readonly MountEntry[] {
  try {
    return /^\d/.test(line) ? parseMountinfo(line) : procMountsLine(line);
  } catch {
    return [];
  }
}

/** SOURCE TARGET TYPE OPTIONS 0 0: rewritten as the line of mountinfo that says the same. */
function procMountsLine(line: string): readonly MountEntry[] {
  const [source, target, fstype, options] = line.split(' ');
  if (options === undefined) return [];
  const [entry] = parseMountinfo(`0 0 0:0 / ${target} ${options} - ${fstype} ${source} ${options}`);
  return entry === undefined ? [] : [{ ...entry, superOptions: [] }];
}

/** MOUNT-POINT BLOCK-SIZE BLOCKS FREE AVAILABLE INODES FREE-INODES, the last two not always. */
function roomOf(line: string): readonly (readonly [string, Room])[] {
  const [target = '', ...words] = line.split(' ');
  const [block, blocks, free, , inodes, freeInodes] = words.map((word) => wholeNumber(word));
  if (block === undefined || blocks === undefined || free === undefined) return [];
  // JFFS2 and some others count no inodes, and say zero.
  const counted = inodes !== undefined && inodes > 0 && freeInodes !== undefined;
  const room = { size: blocks * block, free: free * block, ...(counted ? { inodes, freeInodes } : {}) };
  return [[target, room]];
}
