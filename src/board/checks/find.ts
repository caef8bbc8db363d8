/** How the storage is found: one key, and one that the storage's type can be found by. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { quoted } from '../../diagnostics/escape.ts';
import type { CheckedBoard } from '../decode.ts';
import { finding } from './finding.ts';

type FindKey = 'mtd' | 'mtd_number' | 'ubi' | 'label' | 'uuid' | 'path';

export function checkFind(checked: CheckedBoard): readonly Diagnostic[] {
  const { storage } = checked.board;
  if (storage.type === 'tmpfs') return [];
  const keys = Object.keys(storage.find ?? {}) as FindKey[];
  const [first, ...others] = keys;
  if (first === undefined) return [notFound(checked)];
  return [
    ...others.map((key) => secondKey(checked, first, key)),
    ...keys.flatMap((key) => [...unsuitableKey(checked, key), ...longLabel(checked, key)]),
  ];
}

function notFound(checked: CheckedBoard): Diagnostic {
  const { type } = checked.board.storage;
  return finding(checked, 'OVL121', checked.states(['storage', 'find']) ? ['storage', 'find'] : ['storage'], {
    message: `nothing says where the ${type} storage is`,
    because: 'overlay_init touches a partition only when the board file names it',
    fix:
      type === 'jffs2'
        ? 'find: { mtd: rootfs_data }     (for example; the names are in /proc/mtd)'
        : 'find: { label: overlay }     (for example; blkid prints the labels)',
  });
}

function secondKey(checked: CheckedBoard, first: FindKey, key: FindKey): Diagnostic {
  return finding(checked, 'OVL122', ['storage', 'find', key], {
    message: `storage.find has both "${first}" and "${key}"`,
    because:
      'two ways to find one partition can find two partitions, and writing to the wrong one destroys it',
    fix: `keep one; ${nameFirst(first, key)} moves least`,
  });
}

function nameFirst(one: FindKey, other: FindKey): FindKey {
  const steady: readonly FindKey[] = ['mtd', 'ubi', 'uuid', 'label', 'path', 'mtd_number'];
  return steady.indexOf(one) < steady.indexOf(other) ? one : other;
}

/** Which keys each type can be found by, and why by no other. */
const suitable = {
  jffs2: {
    keys: ['mtd', 'mtd_number', 'path'],
    because: 'JFFS2 lives on MTD partitions, which have a name in /proc/mtd and neither label nor UUID',
    fix: 'find: { mtd: NAME }',
  },
  ubifs: {
    keys: ['ubi', 'path'],
    because: 'UBIFS lives on UBI volumes, which are named ubiX:NAME',
    fix: 'find: { ubi: "ubi0:NAME" }',
  },
  ext4: {
    keys: ['label', 'uuid', 'path'],
    because: 'this file system lives on block devices; on raw flash it wears single blocks out',
    fix: 'find: { label: NAME }, or storage.type: jffs2 for raw flash',
  },
  f2fs: {
    keys: ['label', 'uuid', 'path'],
    because: 'this file system lives on block devices with their own wear levelling, not on raw flash',
    fix: 'find: { label: NAME }, or storage.type: jffs2 for raw flash',
  },
  file: {
    keys: ['label', 'uuid', 'path'],
    because: 'the file system that holds the image file is found on a block device',
    fix: 'find: { label: NAME }',
  },
} as const satisfies Record<string, { keys: readonly FindKey[]; because: string; fix: string }>;

function unsuitableKey(checked: CheckedBoard, key: FindKey): readonly Diagnostic[] {
  const { type, find } = checked.board.storage;
  if (type === 'tmpfs') return [];
  const { keys, because, fix } = suitable[type];
  if (!(keys as readonly FindKey[]).includes(key))
    return [
      finding(
        checked,
        'OVL123',
        ['storage', 'find', key],
        misfit(`${type} storage cannot be found by ${key}`, because, fix),
      ),
    ];
  const path = find?.path;
  if (key !== 'path' || path === undefined) return [];
  const wrong = unsuitableDevice(type, path);
  return wrong === undefined ? [] : [finding(checked, 'OVL123', ['storage', 'find', 'path'], wrong)];
}

function misfit(message: string, because: string, fix: string) {
  return { message, because, fix };
}

function unsuitableDevice(type: string, path: string) {
  const isFlash = type === 'jffs2' || type === 'ubifs';
  const character = /^\/dev\/mtd(\d+)(ro)?$/.exec(path);
  if (character !== null)
    return misfit(
      `${quoted(path)} cannot be mounted`,
      'it is the character device of the flash, for erasing and writing it raw; mount answers ENOTBLK',
      type === 'jffs2' ? `/dev/mtdblock${character[1]}` : suitable.ext4.fix,
    );
  const block = /^\/dev\/(mmcblk|sd|vd|ubd|nvme|hd|loop|ram)/.test(path);
  if (isFlash && block)
    return misfit(
      `${type} storage cannot be on ${quoted(path)}`,
      `${suitable[type].because}; mount answers EINVAL`,
      'storage.type: ext4',
    );
  const mtdBlock = /^\/dev\/mtdblock/.test(path);
  if (!isFlash && mtdBlock)
    return misfit(`${type} storage cannot be on ${quoted(path)}`, suitable.ext4.because, suitable.ext4.fix);
  return undefined;
}

/** ext4's superblock has 16 bytes for the label (struct ext4_super_block, s_volume_name). */
const longestExt4Label = 16;

function longLabel(checked: CheckedBoard, key: FindKey): readonly Diagnostic[] {
  const { type, find } = checked.board.storage;
  const label = find?.label;
  if (key !== 'label' || type !== 'ext4' || label === undefined) return [];
  const bytes = new TextEncoder().encode(label).length;
  if (bytes <= longestExt4Label) return [];
  return [
    finding(checked, 'OVL123', ['storage', 'find', 'label'], {
      message: `no ext4 file system can have the label ${quoted(label)}`,
      because: `a label of ext4 has ${longestExt4Label} bytes at most, this one has ${bytes}`,
      fix: 'look with blkid: mkfs.ext4 has cut it off',
    }),
  ];
}
