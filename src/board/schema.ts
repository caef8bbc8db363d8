/**
 * The board file's vocabulary, as one table: it decodes, it is the JSON Schema that editors read, and the reference is
 * written from it. Schema version 1.
 *
 * In: nothing but zod and the kinds of value. Out: `boardSchema` and the type Board.
 */
import * as z from 'zod';
import { basePolicies } from '../shared/base.ts';
import { bootLoader, target } from './deploy-schema.ts';
import { identity, reset } from './reset-schema.ts';
import { storage, tmpfsRung } from './storage-schema.ts';
import { absolutePath, duration, kernelVersion, must, plainName, text, word } from './values.ts';

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
/** Those that overlay_helper is built for (src/toolchain/targets.ts has a row for each). */
export const helperArchitectures = architectures.filter((arch) => arch !== 'powerpc');
export const rootTypes = ['squashfs', 'cramfs', 'erofs', 'romfs', 'ext4'] as const;
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
export const rungNames = ['persistent', 'previous', 'tmpfs', 'read-only', 'rescue'] as const;

const kernel = z
  .strictObject({
    version: kernelVersion
      .describe('Version of the kernel that the board boots, quoted: 5.10 without quotes is the number 5.1.')
      .meta({ examples: ['5.15', '6.1.90'] }),
    filesystems: z
      .array(
        word(
          'the name of a file system',
          'one name an entry: the last column of /proc/filesystems, without "nodev"',
        ),
      )
      .default([])
      .describe(
        'What `cat /proc/filesystems` lists once the modules below are loaded. Empty: not known, and not checked.',
      )
      .meta({ examples: [['proc', 'sysfs', 'tmpfs', 'squashfs', 'jffs2', 'overlay']] }),
    modules: z
      .array(
        z.strictObject({
          name: word(
            'the name of a module',
            'letters, digits, "_" and "-"',
            /^[A-Za-z0-9_][A-Za-z0-9_-]*$/,
          ).describe('Name of the module, as modprobe takes it.'),
          parameters: z
            .array(text)
            .default([])
            .describe('Its parameters, each as NAME=VALUE.')
            .meta({ examples: [['block2mtd=/dev/vdc,65536,storage']] }),
        }),
      )
      .default([])
      .describe('Modules that overlay_init loads first, in this order; empty where everything is built in.'),
    jffs2_rename_whiteout: z
      .boolean()
      .default(false)
      .describe(
        'Whether this kernel has the OpenWrt patches that give JFFS2 RENAME_WHITEOUT and RENAME_EXCHANGE. Without them overlayfs cannot rename files of a lower layer (EINVAL).',
      ),
  })
  .describe('The kernel of the board.');

const root = z
  .strictObject({
    type: z
      .enum(rootTypes, must('a root filesystem', 'root.type names the kernel driver mounted at /'))
      .describe('Kernel driver mounted at / when overlay_init starts.'),
    device: text
      .optional()
      .describe('What the kernel mounts at /, for the deployment.')
      .meta({ examples: ['/dev/mtdblock2', '/dev/mmcblk0p2'] }),
    protect: z
      .boolean()
      .default(false)
      .describe(
        'Whether overlay_helper makes the block devices of the root and the layers read-only (blockdev --setro). Whoever updates the running root in place has to take that back first; flash is not concerned.',
      ),
  })
  .describe('The read-only root.');

const layer = z.strictObject({
  name: plainName.describe('Name of the layer; it is mounted at /run/overlaykit/layers/NAME.'),
  type: z
    .enum(rootTypes, must("a layer's filesystem", "a layer's type names the kernel driver that mounts it"))
    .describe('File system of the layer.'),
  device: text
    .optional()
    .describe('Block device that holds the layer.')
    .meta({ examples: ['/dev/mtdblock6'] }),
  file: absolutePath.optional().describe('Image file inside the read-only root that holds the layer.'),
});

const union = z
  .strictObject({
    system: z
      .enum(unionSystems, must('a union system', 'union.system names what merges the layers'))
      .default('auto')
      .describe('Union system; auto takes the best one that the kernel has.'),
    options: z
      .record(text, text)
      .default({})
      .describe(
        'Options of the union system, in place of the safe set that overlaykit states in full (redirect_dir, index, metacopy and xino off).',
      )
      .meta({ examples: [{ xino: 'auto' }] }),
  })
  .describe('How the layers are merged.');

const enter = z
  .strictObject({
    how: z
      .enum(['pivot', 'chroot'], must('a way to enter', 'enter.how says how the merged root becomes /'))
      .default('pivot')
      .describe('pivot_root, or chroot where pivot_root cannot work.'),
    newroot: absolutePath
      .default('/mnt')
      .describe('Empty directory of the read-only root where the union is mounted before it becomes /.'),
    init: absolutePath.default('/sbin/init').describe('What is executed in the merged root.'),
  })
  .describe('How the merged root becomes /.');

const application = z
  .strictObject({
    command: z
      .array(text)
      .min(1)
      .describe('Program and arguments executed inside the union, as seen from inside.')
      .meta({ examples: [['/usr/bin/app', '--verbose']] }),
  })
  .describe('With mode application: what runs in the union.');

const rescue = z
  .strictObject({
    action: z
      .enum(['shell', 'reboot'], must('a rescue', 'the last rung is a shell on the console, or a restart'))
      .default('shell')
      .describe(
        'What the rung rescue is: a shell on the console, or a restart for boards that nobody stands in front of.',
      ),
    after: duration.default(30_000).describe('With action reboot: how long to wait before.'),
  })
  .describe('What happens when no rung with an init is left.');

const helper = z
  .strictObject({
    enabled: z.boolean().default(true).describe('Whether overlay_helper is put on the board.'),
    image: z
      .enum(
        ['packed', 'plain'],
        must('a way to store overlay_helper', 'a root image holds it packed or as it is'),
      )
      .default('plain')
      .describe(
        'How a squashfs root image holds overlay_helper: plain, so that no boot waits for its unpacking, or packed, in half of the flash (some 115 KB less).',
      ),
    cross_compile: text
      .optional()
      .describe("Prefix of the board's own compiler.")
      .meta({ examples: ['mips-openwrt-linux-musl-'] }),
    sysroot: text
      .optional()
      .describe(
        "With cross_compile: the folder with the C library's headers and files, where that compiler has none.",
      ),
    flags: z
      .array(text)
      .default([])
      .describe('With cross_compile: flags for the processor of the board.')
      .meta({ examples: [['-march=mips32r2', '-msoft-float']] }),
  })
  .describe('The program that moves the mounts and enters the merged root.');

const generations = z
  .strictObject({
    attempts: z
      .int()
      .min(1)
      .max(99)
      .default(3)
      .describe('Boots without a confirmation after which the previous generation comes back.'),
    confirm: z
      .enum(['time', 'command'], must('a way to confirm', 'a boot is confirmed by time or by a command'))
      .default('time')
      .describe(
        'Who says that a boot is good: time, or `overlay_helper confirm` run by a service or the application.',
      ),
    confirm_after: duration
      .default(60_000)
      .describe('With confirm time: how long after init was executed a boot counts as good.'),
    most: z.int().min(2).max(99).default(4).describe('Most generations that are kept on the storage.'),
  })
  .describe('Several uppers on one storage, of which one is active.');

const base = z
  .strictObject({
    on_change: z
      .enum(
        basePolicies,
        must(
          'what a new base image means',
          'base.on_change says what becomes of changes made on another one',
        ),
      )
      .default('keep')
      .describe(
        'What becomes of the changes when the root image is another one. keep: they are cleaned and go on being used; review: the same, and every boot says what they hide until somebody has decided; set_aside: an empty generation begins, the old one can be gone back to.',
      ),
  })
  .describe('The base image under the writable layer.');

export const boardSchema = z.strictObject({
  version: z.literal(1).describe('Version of the board file format.'),
  name: plainName.describe('Short name of the board.').meta({ examples: ['gl-ar150'] }),
  description: text.optional().describe('What the board is, for people.'),
  compatible: z
    .array(text)
    .default([])
    .describe('The compatible strings of its device tree; a deployment to anything else is refused.')
    .meta({ examples: [['glinet,gl-ar150']] }),
  arch: z
    .enum(
      architectures,
      must('an architecture', 'arch names what the programs on the board are compiled for'),
    )
    .describe('Architecture of the programs on the board.'),
  kernel,
  root,
  layers: z.array(layer).default([]).describe('Further read-only layers over the root, topmost first.'),
  storage,
  union: union.prefault({}),
  mode: z
    .enum(['system', 'application'], must('a mode', 'mode says how much of the board runs in the union'))
    .default('system')
    .describe('system: the whole board runs in the merged root; application: only one program does.'),
  application: application.optional(),
  enter: enter.prefault({}),
  ladder: z
    .array(z.enum(rungNames, must('a rung', 'the ladder is made of rungs, best first')))
    .min(1)
    .default(['persistent', 'previous', 'tmpfs', 'read-only', 'rescue'])
    .describe(
      'What the boot falls back to, best first. With storage.type tmpfs the default has neither persistent nor previous. A ladder that begins with tmpfs although there is storage begins with what was committed to that.',
    ),
  rescue: rescue.prefault({}),
  tmpfs: tmpfsRung.prefault({}),
  generations: generations.prefault({}),
  base: base.prefault({}),
  reset: reset.prefault({}),
  keep: z.array(absolutePath).default([]).describe('Paths that a factory reset keeps.'),
  identity,
  applets: z
    .array(word('the name of an applet', 'one name an entry, without its path'))
    .optional()
    .describe("Applets and programs that the board's root has; where given, overlay_init uses no other."),
  helper: helper.prefault({}),
  target: target.optional(),
  boot_loader: bootLoader.optional(),
});

export type Board = Readonly<z.output<typeof boardSchema>>;
