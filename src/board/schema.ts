/**
 * The board file's vocabulary, as one table: it decodes, it is the JSON Schema that editors read, and the reference is
 * written from it. Schema version 1.
 *
 * In: nothing but zod and the unit parsers. Out: `boardSchema` and the type Board.
 */
import { z } from 'zod';
import { durationPattern, parseDuration, parseSize, percentPattern, sizePattern } from './units.ts';

export const architectures = [
  'x86_64',
  'i386',
  'aarch64',
  'armhf',
  'armel',
  'mips',
  'mipsel',
  'riscv64',
  'powerpc',
] as const;
export const rootTypes = ['squashfs', 'cramfs', 'erofs', 'romfs', 'ext4'] as const;
export const storageTypes = ['jffs2', 'ubifs', 'ext4', 'f2fs', 'file', 'tmpfs'] as const;
export const unionSystems = [
  'auto',
  'overlay',
  'overlayfs',
  'mini_fo',
  'unionfs',
  'aufs',
  'union-mount',
  'dm-snapshot',
  'unionfs-fuse',
  'fuse-overlayfs',
] as const;
export const rungNames = ['persistent', 'tmpfs', 'read-only', 'rescue'] as const;

/** Any text without NUL: a NUL cannot be part of a path, an argument or an environment word. */
const text = z
  .string()
  .min(1)
  .max(4096)
  .regex(/^[^\0]*$/, { error: 'must not contain a NUL byte' });

const absolutePath = text
  .regex(/^\//, { error: 'must start with "/"' })
  .refine((path) => !path.split('/').includes('..'), { error: 'must not contain ".."' });

const size = z
  .string()
  .regex(sizePattern, { error: 'must be a size with its unit, such as 64KiB, 3.4MiB or 16M' })
  .transform((value, context) => parseSize(value) ?? refuse(context, 'must be a whole number of bytes'));

const duration = z
  .string()
  .regex(durationPattern, { error: 'must be a time with its unit, such as 500ms, 5s or 2min' })
  .transform(
    (value, context) => parseDuration(value) ?? refuse(context, 'must be a whole number of milliseconds'),
  );

/** A tmpfs limit: bytes, or a share of the memory. Kept as text: the kernel's tmpfs takes both forms. */
const memoryLimit = z
  .string()
  .regex(new RegExp(`${sizePattern.source}|${percentPattern.source}`), {
    error: 'must be a size such as 16MiB or a share of the memory such as 50%',
  })
  .refine((value) => percentOf(value) === undefined || inRange(percentOf(value) ?? 0, 1, 100), {
    error: 'a share of the memory is between 1% and 100%',
  });

const kernelVersion = z
  .string()
  .regex(/^\d+\.\d+(\.\d+)?$/, { error: 'must be a version such as "5.15" or "6.1.90"' });

const kernel = z.strictObject({
  version: kernelVersion.describe('Version of the kernel that the board boots, quoted: "5.15".'),
  filesystems: z
    .array(text)
    .default([])
    .describe('What `cat /proc/filesystems` lists once the modules below are loaded.'),
  modules: z
    .array(z.strictObject({ name: text, parameters: z.array(text).default([]) }))
    .default([])
    .describe('Modules that overlay_init loads first, in this order; empty where everything is built in.'),
  jffs2_rename_whiteout: z
    .boolean()
    .default(false)
    .describe(
      'Whether this kernel has the OpenWrt patches that give JFFS2 RENAME_WHITEOUT and RENAME_EXCHANGE. Without them renaming a file of a lower layer fails with EINVAL.',
    ),
});

const root = z.strictObject({
  type: z.enum(rootTypes).describe('Kernel driver mounted at / when overlay_init starts.'),
  device: text
    .optional()
    .describe('What the kernel mounts at /, for the deployment: /dev/mtdblock2, /dev/mmcblk0p2.'),
});

const layer = z.strictObject({
  name: text.describe('Name of the layer; it is mounted at /run/overlaykit/layers/NAME.'),
  type: z.enum(rootTypes).describe('File system of the layer.'),
  device: text.optional().describe('Block device that holds the layer.'),
  file: absolutePath.optional().describe('Image file inside the read-only root that holds the layer.'),
});

const find = z
  .strictObject({
    mtd: text.optional().describe('Name of the MTD partition as in /proc/mtd.'),
    mtd_number: z
      .int()
      .min(0)
      .max(255)
      .optional()
      .describe('Number N of mtdN; prefer the name, numbers move.'),
    label: text.optional().describe('Label of the file system.'),
    uuid: text.optional().describe('UUID of the file system.'),
    path: absolutePath.optional().describe('Device node, such as /dev/mmcblk0p3.'),
  })
  .describe('How the storage is found: exactly one of these keys.');

const storage = z.strictObject({
  type: z.enum(storageTypes).describe('File system of the writable storage.'),
  find: find.optional(),
  file: absolutePath
    .optional()
    .describe('With type file: path of the image file on the file system that `find` names.'),
  size: size
    .optional()
    .describe('Size of the partition, or of the tmpfs. Checked on the board before it is touched.'),
  min_size: size
    .optional()
    .describe('Least size of the partition, where the exact one differs from board to board.'),
  max_size: size.optional().describe('Greatest size of the partition; a larger one is another partition.'),
  erase_block: size.optional().describe('Erase block of the flash, as in /proc/mtd (MTD only).'),
  inodes: z.int().min(16).optional().describe('Most inodes of a tmpfs.'),
  wait: duration.default(5000).describe('Longest time to wait for the device, such as 5s.'),
  options: z.array(text).optional().describe('Mount options of the storage; the default is noatime.'),
});

const union = z.strictObject({
  system: z
    .enum(unionSystems)
    .default('auto')
    .describe('Union system; auto takes the best one that the kernel has.'),
  options: z
    .record(text, text)
    .default({})
    .describe('Options of the union system beyond the safe set that overlaykit states in full.'),
});

const enter = z.strictObject({
  how: z
    .enum(['pivot', 'chroot'])
    .default('pivot')
    .describe('pivot_root, or chroot where pivot_root cannot work.'),
  newroot: absolutePath
    .default('/mnt')
    .describe('Empty directory of the read-only root where the union is mounted before it becomes /.'),
  init: absolutePath.default('/sbin/init').describe('What is executed in the merged root.'),
});

const application = z.strictObject({
  command: z
    .array(text)
    .min(1)
    .describe('Program and arguments executed inside the union, as seen from inside.'),
});

const tmpfsRung = z.strictObject({
  size: memoryLimit.default('50%').describe('Most memory the volatile upper may take, such as 16MiB or 50%.'),
  inodes: z
    .int()
    .min(16)
    .optional()
    .describe('Most inodes; the kernel default is one for every page of memory.'),
});

const reset = z.strictObject({
  cmdline: z.boolean().default(true).describe('Reset when the kernel command line has overlaykit=reset.'),
  file: z.boolean().default(true).describe('Reset when /overlay/overlaykit/reset exists.'),
  uboot_env: text.optional().describe('Reset when this U-Boot environment variable is 1.'),
  gpio: z
    .strictObject({ line: text, active: z.enum(['low', 'high']).default('low') })
    .optional()
    .describe('Reset when this GPIO line is active at boot.'),
});

const target = z.strictObject({
  host: text.describe('Host name, address, or Host of the ssh configuration.'),
  user: text.optional().describe('User to log in as.'),
  port: z.int().min(1).max(65535).optional().describe('TCP port.'),
  legacy_algorithms: z
    .boolean()
    .default(false)
    .describe('Offer the old algorithms of old dropbear servers too.'),
});

const helper = z.strictObject({
  enabled: z.boolean().default(true).describe('Whether overlay_helper is put on the board.'),
  cross_compile: text
    .optional()
    .describe("Prefix of the board's own compiler, such as mips-openwrt-linux-musl-."),
});

export const boardSchema = z.strictObject({
  version: z.literal(1).describe('Version of the board file format.'),
  name: text
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]*$/, { error: 'must be letters, digits, ".", "_" or "-"' })
    .describe('Short name of the board.'),
  description: text.optional().describe('What the board is, for people.'),
  compatible: z
    .array(text)
    .default([])
    .describe('The compatible strings of its device tree; a deployment to anything else is refused.'),
  arch: z.enum(architectures).describe('Architecture of the programs on the board.'),
  kernel,
  root,
  layers: z.array(layer).default([]).describe('Further read-only layers over the root, topmost first.'),
  storage,
  union: union.prefault({}),
  mode: z
    .enum(['system', 'application'])
    .default('system')
    .describe('system: the whole board runs in the merged root; application: only one program does.'),
  application: application.optional().describe('With mode application: what runs in the union.'),
  enter: enter.prefault({}),
  ladder: z
    .array(z.enum(rungNames))
    .min(1)
    .default(['persistent', 'tmpfs', 'read-only', 'rescue'])
    .describe('What the boot falls back to, in order.'),
  tmpfs: tmpfsRung.prefault({}).describe('Limits of the tmpfs rung.'),
  reset: reset.prefault({}).describe('What asks for a factory reset.'),
  keep: z.array(absolutePath).default([]).describe('Paths that a factory reset keeps.'),
  applets: z
    .array(text)
    .optional()
    .describe("Applets and programs that the board's root has; where given, overlay_init uses no other."),
  helper: helper.prefault({}),
  target: target.optional().describe('Where the board is reached over SSH.'),
});

export type Board = Readonly<z.output<typeof boardSchema>>;

function refuse(context: z.RefinementCtx<string>, message: string): never {
  context.issues.push({ code: 'custom', message, input: context.value });
  return z.NEVER;
}

function percentOf(value: string): number | undefined {
  const match = percentPattern.exec(value);
  return match === null ? undefined : Number(match[1]);
}

function inRange(value: number, low: number, high: number): boolean {
  return value >= low && value <= high;
}
