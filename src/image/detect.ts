/** Says what a file is that is no root image, so that the message can name it: people pass kernels, archives, whole flashes. */
import { Failure } from '../diagnostics/diagnostic.ts';
import type { ImageFormat } from './format.ts';
import type { ImageSource } from './source.ts';

interface Signature {
  readonly name: string;
  readonly at: number;
  /** Bytes as latin1. */
  readonly bytes: string;
  /** A root file system that exists but that overlaykit cannot write into yet. */
  readonly root?: true;
  readonly fix?: string;
}

const unpackFirst = (tool: string): string => `unpack it first: ${tool}`;

/** Longer and rarer signatures first: the first that fits names the file. */
const signatures: readonly Signature[] = [
  { name: 'ext2/ext3/ext4', at: 1080, bytes: '\x53\xef', root: true },
  { name: 'erofs', at: 1024, bytes: '\xe2\xe1\xf5\xe0', root: true },
  { name: 'romfs', at: 0, bytes: '-rom1fs-', root: true },
  { name: 'f2fs', at: 1024, bytes: '\x10\x20\xf5\xf2', root: true },
  { name: 'btrfs', at: 0x10040, bytes: '_BHRfS_M', root: true },
  { name: 'xfs', at: 0, bytes: 'XFSB', root: true },
  { name: 'an ISO 9660 image', at: 32769, bytes: 'CD001', root: true },
  { name: 'JFFS2 in little-endian byte order', at: 0, bytes: '\x85\x19', root: true },
  { name: 'JFFS2 in big-endian byte order', at: 0, bytes: '\x19\x85', root: true },
  { name: 'UBIFS', at: 0, bytes: '\x31\x18\x10\x06', root: true },
  { name: 'a UBI image (volumes for raw NAND)', at: 0, bytes: 'UBI#' },
  { name: 'a U-Boot uImage (legacy header)', at: 0, bytes: '\x27\x05\x19\x56' },
  { name: 'a device tree or U-Boot FIT image', at: 0, bytes: '\xd0\x0d\xfe\xed' },
  { name: 'a TRX firmware image', at: 0, bytes: 'HDR0' },
  { name: 'an ELF program or kernel', at: 0, bytes: '\x7fELF' },
  { name: 'a Linux kernel (bzImage)', at: 0x202, bytes: 'HdrS' },
  { name: 'gzip data', at: 0, bytes: '\x1f\x8b', fix: unpackFirst('gzip -d') },
  { name: 'xz data', at: 0, bytes: '\xfd7zXZ\0', fix: unpackFirst('xz -d') },
  { name: 'Zstandard data', at: 0, bytes: '\x28\xb5\x2f\xfd', fix: unpackFirst('zstd -d') },
  { name: 'LZ4 data', at: 0, bytes: '\x04\x22\x4d\x18', fix: unpackFirst('lz4 -d') },
  { name: 'bzip2 data', at: 0, bytes: 'BZh', fix: unpackFirst('bzip2 -d') },
  { name: 'a zip archive', at: 0, bytes: 'PK\x03\x04', fix: unpackFirst('unzip') },
  { name: 'a tar archive', at: 257, bytes: 'ustar' },
  { name: 'a cpio archive', at: 0, bytes: '07070' },
  { name: 'a Debian package or ar archive', at: 0, bytes: '!<arch>\n' },
  { name: 'a disk with a GPT partition table', at: 512, bytes: 'EFI PART' },
  { name: 'a disk or FAT file system with a boot sector', at: 510, bytes: '\x55\xaa' },
];

const headBytes = 0x10100;
/** How far into a file a root image is looked for behind a kernel or a header. */
const scanBytes = 64 << 20;

/**
 * The format that an image has.
 * @throws Failure OVL351 naming what was found, OVL352 where it is a root file system that cannot be written into yet
 */
export async function detect(source: ImageSource, formats: readonly ImageFormat[]): Promise<ImageFormat> {
  for (const format of formats) if (await format.recognise(source)) return format;
  const types = formats.map((format) => format.type);
  const head = (await source.read(0, Math.min(headBytes, source.bytes))).toString('latin1');
  const signature = signatures.find(({ at, bytes }) => head.startsWith(bytes, at));
  if (signature?.root === true) {
    throw new Failure({
      code: 'OVL352',
      severity: 'error',
      message: `"${source.path}" is ${signature.name}, and overlaykit cannot put a bundle into that yet`,
      because: `it can do so with ${types.join(' and ')} images`,
      fix: 'mount the image and unpack the bundle into it, or make a squashfs image of its contents',
    });
  }
  const inside = await findInside(source);
  throw new Failure({
    code: 'OVL351',
    severity: 'error',
    message: `"${source.path}" is no root image: it is ${signature?.name ?? describe(head, source.bytes)}`,
    because: `a root image is ${types.join(' or ')}, from its first byte on`,
    ...(inside !== undefined
      ? {
          fix: `a squashfs begins at byte ${inside}; cut it out: tail -c +${inside + 1} FIRMWARE > root.squashfs`,
        }
      : signature?.fix !== undefined
        ? { fix: signature.fix }
        : {}),
  });
}

function describe(head: string, bytes: number): string {
  if (bytes === 0) return 'empty';
  const first = head.charCodeAt(0);
  if ((first === 0 || first === 0xff) && [...head].every((one) => one === head[0])) {
    return `nothing but bytes of ${first === 0 ? '00' : 'ff (erased flash)'} at its beginning`;
  }
  const hex = Buffer.from(head.slice(0, 8), 'latin1')
    .toString('hex')
    .replace(/..(?!$)/g, '$& ');
  return `a file of unknown kind that begins with ${hex}`;
}

/** Position of a squashfs 4.0 superblock further back: firmware files have a kernel in front of the root. */
async function findInside(source: ImageSource): Promise<number | undefined> {
  const bytes = await source.read(0, Math.min(scanBytes, source.bytes));
  for (let at = bytes.indexOf('hsqs', 1); at >= 0; at = bytes.indexOf('hsqs', at + 1)) {
    if (at + 48 > bytes.length) return undefined;
    const blockSize = bytes.readUInt32LE(at + 12);
    const used = Number(bytes.readBigUInt64LE(at + 40));
    const plausible = blockSize === 2 ** bytes.readUInt16LE(at + 22) && at + used <= source.bytes;
    if (bytes.readUInt16LE(at + 28) === 4 && plausible) return at;
  }
  return undefined;
}
