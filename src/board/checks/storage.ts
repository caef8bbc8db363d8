/** The storage's own keys: that they fit its type, and each other. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { quoted } from '../../diagnostics/escape.ts';
import type { CheckedBoard } from '../decode.ts';
import { formatSize, parseSize } from '../units.ts';
import { finding } from './finding.ts';

export function checkStorage(checked: CheckedBoard): readonly Diagnostic[] {
  return [
    ...surplusKeys(checked),
    ...missingFile(checked),
    ...contradictingSizes(checked),
    ...twoTmpfsLimits(checked),
    ...partialEraseBlock(checked),
    ...mountOptions(checked),
  ];
}

/** Keys that only some types have, and why. */
const onlyFor = [
  ['find', ['jffs2', 'ubifs', 'ext4', 'f2fs', 'file'], 'tmpfs is memory: there is no partition to find'],
  ['erase_block', ['jffs2', 'ubifs'], 'only raw flash (MTD) has erase blocks that a file system sees'],
  ['inodes', ['tmpfs'], 'the inodes of this file system were settled when it was made'],
  ['file', ['file'], 'the storage is the partition itself, not an image file on it'],
  [
    'min_size',
    ['jffs2', 'ubifs', 'ext4', 'f2fs', 'file'],
    'tmpfs has no partition whose size could be checked',
  ],
  [
    'max_size',
    ['jffs2', 'ubifs', 'ext4', 'f2fs', 'file'],
    'tmpfs has no partition whose size could be checked',
  ],
  [
    'wait',
    ['jffs2', 'ubifs', 'ext4', 'f2fs', 'file'],
    'memory is there at once: there is nothing to wait for',
  ],
  ['first_boot', ['jffs2', 'ubifs', 'ext4', 'f2fs', 'file'], 'a tmpfs is made in no time, at every boot'],
  ['repair', ['ext4', 'f2fs'], 'there is no program that repairs this file system'],
  [
    'options',
    ['jffs2', 'ubifs', 'ext4', 'f2fs', 'file'],
    'the options of a tmpfs come from its size and inodes',
  ],
] as const;

function surplusKeys(checked: CheckedBoard): readonly Diagnostic[] {
  const { type } = checked.board.storage;
  return onlyFor
    .filter(
      ([key, types]) => checked.states(['storage', key]) && !(types as readonly string[]).includes(type),
    )
    .map(([key, types, because]) =>
      finding(checked, 'OVL120', ['storage', key], {
        message: `storage.${key} does not go with storage.type ${type}`,
        because,
        fix: `leave ${key} away, or change storage.type to ${types.join(' or ')}`,
      }),
    );
}

function missingFile(checked: CheckedBoard): readonly Diagnostic[] {
  const { type, file } = checked.board.storage;
  if (type !== 'file' || file !== undefined) return [];
  return [
    finding(checked, 'OVL121', ['storage', 'type'], {
      message: 'nothing says which file is the storage',
      because: 'storage.type file is an image file on the file system that storage.find names',
      fix: 'file: /overlay.img     (for example)',
    }),
  ];
}

function contradictingSizes(checked: CheckedBoard): readonly Diagnostic[] {
  const { size, min_size, max_size } = checked.board.storage;
  const contradiction = (key: string, message: string) =>
    finding(checked, 'OVL124', ['storage', key], {
      message,
      because: 'no partition can pass both checks, so the storage would never be used',
      fix: 'size is exact; where it differs from board to board, give only min_size and max_size',
    });
  const found: Diagnostic[] = [];
  if (min_size !== undefined && max_size !== undefined && min_size > max_size)
    found.push(
      contradiction(
        'max_size',
        `storage.max_size ${formatSize(max_size)} is below min_size ${formatSize(min_size)}`,
      ),
    );
  if (size !== undefined && min_size !== undefined && size < min_size)
    found.push(
      contradiction('min_size', `storage.min_size ${formatSize(min_size)} is above size ${formatSize(size)}`),
    );
  if (size !== undefined && max_size !== undefined && size > max_size)
    found.push(
      contradiction('max_size', `storage.max_size ${formatSize(max_size)} is below size ${formatSize(size)}`),
    );
  return found;
}

function twoTmpfsLimits(checked: CheckedBoard): readonly Diagnostic[] {
  const { storage, tmpfs } = checked.board;
  if (storage.type !== 'tmpfs') return [];
  const sizes = storage.size !== undefined && parseSize(tmpfs.size) !== storage.size ? ['size'] : [];
  const inodes = storage.inodes !== undefined && tmpfs.inodes !== storage.inodes ? ['inodes'] : [];
  return [...sizes, ...inodes].map((key) =>
    finding(checked, 'OVL124', ['storage', key], {
      message: `storage.${key} and tmpfs.${key} say different things`,
      because: 'with storage.type tmpfs both are the limit of the same volatile upper',
      fix: `keep tmpfs.${key}`,
    }),
  );
}

function partialEraseBlock(checked: CheckedBoard): readonly Diagnostic[] {
  const { size, erase_block } = checked.board.storage;
  if (size === undefined || erase_block === undefined || size % erase_block === 0) return [];
  const below = Math.floor(size / erase_block) * erase_block;
  return [
    finding(checked, 'OVL125', ['storage', 'size'], {
      message: `the storage of ${size} bytes is not a whole number of erase blocks of ${formatSize(erase_block)}`,
      because: 'the kernel makes such an MTD partition read-only ("doesn\'t end on an erase block")',
      fix: `0x${below.toString(16)} or 0x${(below + erase_block).toString(16)}; /proc/mtd prints the true size`,
    }),
  ];
}

/** Options that would make the storage something else than a writable file system mounted for the first time. */
const never: Readonly<Record<string, string>> = {
  ro: 'a read-only storage cannot take the writable layer',
  remount: 'there is nothing mounted yet to change',
  bind: 'the storage is mounted from its device',
  move: 'the storage is mounted from its device',
};

function mountOptions(checked: CheckedBoard): readonly Diagnostic[] {
  return (checked.board.storage.options ?? []).flatMap((option, index) => {
    const path = ['storage', 'options', index];
    const why = Object.hasOwn(never, option) ? never[option] : undefined;
    if (why !== undefined)
      return [
        finding(checked, 'OVL127', path, {
          message: `the storage cannot be mounted with the option ${quoted(option)}`,
          because: why,
          fix: 'leave it away',
        }),
      ];
    if (!option.includes(',')) return [];
    return [
      finding(checked, 'OVL127', path, {
        message: `${quoted(option)} is not one mount option`,
        because:
          'options are joined by commas later; each is an entry of its own, so that it can be checked and shown',
        fix: `[${option.split(',').join(', ')}]`,
      }),
    ];
  });
}
