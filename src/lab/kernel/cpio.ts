/**
 * Writes the cpio archive ("newc") that kernels unpack as their initramfs. Pure and reproducible: owner 0:0, time 0, inode
 * numbers by order. Format: the kernel's Documentation/driver-api/early-userspace/buffer-format.rst.
 */

/** One entry; `path` has no leading "/", parents come before what they hold. */
export type CpioEntry =
  | { readonly kind: 'directory'; readonly path: string; readonly mode: number }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly data: Uint8Array }
  | { readonly kind: 'symlink'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'char-device';
      readonly path: string;
      readonly mode: number;
      readonly major: number;
      readonly minor: number;
    };

const typeBits = { directory: 0o040000, file: 0o100000, symlink: 0o120000, 'char-device': 0o020000 } as const;

/**
 * The archive's bytes, padded to 512 so that another archive can follow: the kernel unpacks one after the other.
 * @throws RangeError when a file is 4 GiB or larger, which the format cannot say
 */
export function cpioArchive(entries: readonly CpioEntry[]): Buffer {
  const parts = entries.flatMap((entry, index) => record(entry, index + 1));
  return pad(Buffer.concat([...parts, ...trailer()]), 512);
}

function record(entry: CpioEntry, inode: number): readonly Buffer[] {
  const data = dataOf(entry);
  const mode = typeBits[entry.kind] | (entry.kind === 'symlink' ? 0o777 : entry.mode);
  const [major, minor] = entry.kind === 'char-device' ? [entry.major, entry.minor] : [0, 0];
  const links = entry.kind === 'directory' ? 2 : 1;
  return [header(entry.path, inode, mode, links, data.length, major, minor), pad(data, 4)];
}

function trailer(): readonly Buffer[] {
  return [header('TRAILER!!!', 0, 0, 1, 0, 0, 0)];
}

function dataOf(entry: CpioEntry): Buffer {
  if (entry.kind === 'file') return Buffer.from(entry.data.buffer, entry.data.byteOffset, entry.data.length);
  return Buffer.from(entry.kind === 'symlink' ? entry.target : '');
}

/** Thirteen fields of eight hexadecimal digits, then the name with its NUL, all padded to four. */
function header(
  path: string,
  inode: number,
  mode: number,
  links: number,
  size: number,
  major: number,
  minor: number,
): Buffer {
  if (size > 0xffff_ffff) throw new RangeError(`${path} is too large for a cpio archive`);
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, links, 0, size, 0, 0, major, minor, name.length, 0];
  const digits = fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  return pad(Buffer.concat([Buffer.from(`070701${digits}`), name]), 4);
}

function pad(bytes: Buffer, to: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((to - (bytes.length % to)) % to)]);
}
