/** What the first bytes of a storage look like. */
import { storageMark } from '../shared/helper-protocol.ts';
import type { StorageDevice } from './storage-device.ts';
import type { BoardPort } from './storage-port.ts';

/** As far as any file system has its mark; the shell looks as far. */
export const headBytes = 128 * 1024;

export interface Head {
  readonly kind: 'blank' | 'marked' | 'something';
  /** In words. */
  readonly looks: string;
}

/** OpenWrt's images end in this: everything behind it is to be erased. */
const eraseMark = '\xde\xad\xc0\xde';

const marks: readonly (readonly [at: number, bytes: string, name: string])[] = [
  [0, '\x85\x19', 'JFFS2, little endian'],
  [0, '\x19\x85', 'JFFS2, big endian'],
  [0, 'UBI#', 'UBI'],
  [0, 'hsqs', 'squashfs'],
  [0, '\x45\x3d\xcd\x28', 'cramfs'],
  [0, 'LUKS\xba\xbe', 'LUKS'],
  [0, 'XFSB', 'XFS'],
  [0, '\x1f\x8b', 'a gzip file'],
  [0, '\x27\x05\x19\x56', 'a U-Boot image'],
  [0, '\xd0\x0d\xfe\xed', 'a device tree or FIT image'],
  [1080, '\x53\xef', 'ext2, ext3 or ext4'],
  [1024, '\x10\x20\xf5\xf2', 'f2fs'],
  [1024, '\xe2\xe1\xf5\xe0', 'erofs'],
  [65600, '_BHRfS_M', 'btrfs'],
  [4086, 'SWAPSPACE2', 'swap'],
  [510, '\x55\xaa', 'a partition table or FAT'],
];

/** Reads it. Every call throws a KernelError where the device cannot be read. */
export function headOf(port: Pick<BoardPort, 'readAt'>, path: string): Head {
  const head = port.readAt(path, 0, headBytes);
  if (isBlank(head)) return { kind: 'blank', looks: 'blank' };
  if (head.startsWith(eraseMark)) return { kind: 'marked', looks: 'marked to be erased (DE AD C0 DE)' };
  const found = marks.find(([at, bytes]) => head.slice(at, at + bytes.length) === bytes);
  return { kind: 'something', looks: found === undefined ? `unknown, begins with ${shown(head)}` : found[2] };
}

/**
 * Whether overlay_init has begun to make it and not come to its end. Every call throws a KernelError where the device cannot
 * be read.
 */
export function isHalfMade(
  port: Pick<BoardPort, 'readAt'>,
  { path, kind, bytes }: Pick<StorageDevice, 'path' | 'kind' | 'bytes'>,
): boolean {
  if (kind !== 'block' || bytes < storageMark.beforeEnd) return false;
  return port.readAt(path, bytes - storageMark.beforeEnd, storageMark.text.length) === storageMark.text;
}

function isBlank(head: string): boolean {
  for (let at = 0; at < head.length; at++) {
    const char = head.charAt(at);
    if (char !== '\0' && char !== '\xff') return false;
  }
  return true;
}

function shown(head: string): string {
  const bytes: string[] = [];
  for (let at = 0; at < 8 && at < head.length; at++) {
    const code = head.charCodeAt(at);
    bytes.push('0123456789ABCDEF'.charAt(Math.floor(code / 16)) + '0123456789ABCDEF'.charAt(code % 16));
  }
  return bytes.join(' ');
}
