/** A commented board file to start from: what is known is filled in, what is not is a comment with an example. */
import { visible } from '../diagnostics/escape.ts';
import type { BootLoader } from '../shared/boot-loader.ts';
import { unionDrivers } from './checks/likely-union.ts';
import { type Board, helperArchitectures } from './schema.ts';
import { atLeast } from './version.ts';

/** What `ovl init` asks. Values are those of the board file; they are not checked here, `ovl check` does that. */
export interface BoardAnswers {
  readonly name: string;
  readonly arch: Board['arch'];
  /** Such as "5.15"; of "6.1.0-18-amd64", as uname -r prints it, the numbers are taken. */
  readonly kernel: string;
  readonly root: Board['root']['type'];
  readonly storage: Board['storage']['type'];
  /** How the storage is found; without it, the usual key of the storage's type with a value to replace. */
  readonly find?: { readonly by: FindKey; readonly value: string };
  readonly union: Board['union']['system'];
  readonly seen?: Seen;
}

/** What was found on a board itself; the file says of each that it was. */
export interface Seen {
  /** Where it was found, for the comments: a host, or a file of facts. */
  readonly on: string;
  readonly description?: string;
  readonly compatible?: readonly string[];
  readonly filesystems?: readonly string[];
  readonly modules?: readonly string[];
  readonly jffs2RenameWhiteout?: boolean;
  readonly rootDevice?: string;
  /** Bytes. */
  readonly size?: number;
  /** Bytes. */
  readonly eraseBlock?: number;
  readonly applets?: readonly string[];
  readonly bootLoader?: BootLoader;
  /** What a person should know beside it, a sentence each; by the part of the file that it is about. */
  readonly notes?: Readonly<
    Partial<Record<'root' | 'storage' | 'union' | 'enter' | 'applets', readonly string[]>>
  >;
}

export type FindKey = keyof NonNullable<Board['storage']['find']>;

/** The text of a board file. It decodes, and checks without errors unless the answers contradict each other. */
export function boardTemplate(given: BoardAnswers): string {
  const answers = { ...given, kernel: releaseOf(given.kernel) };
  return [
    '# yaml-language-server: $schema=./board.schema.json',
    '#',
    `# ${visible(answers.name)}: which board this is, and where the facts below come from.`,
    '# All keys: docs/reference/board.md, or ovl explain KEY. Check with: ovl check FILE',
    'version: 1',
    `name: ${word(answers.name)}`,
    ...identityPart(answers),
    `arch: ${answers.arch}`,
    '',
    ...kernelPart(answers),
    '',
    ...rootPart(answers),
    '',
    ...storagePart(answers),
    '',
    ...unionPart(answers),
    '',
    '# What the boot falls back to, best first.',
    `# ladder: [${answers.storage === 'tmpfs' ? '' : 'persistent, previous, '}tmpfs, read-only, rescue]`,
    '',
    'tmpfs:',
    '  # Most memory that a volatile upper may take. Without a limit it takes all, and the board freezes.',
    '  size: 50%',
    '',
    ...notes(answers.seen, 'enter', ''),
    '# enter:',
    '#   newroot: /mnt        # an empty directory of the read-only root',
    '#   init: /sbin/init',
    '',
    ...appletsPart(answers),
    ...helperPart(answers),
    ...bootLoaderPart(answers),
    '',
  ].join('\n');
}

function releaseOf(kernel: string): string {
  return /^\d+\.\d+(\.\d+)?(?=[-+~]|$)/.exec(kernel)?.[0] ?? kernel;
}

function identityPart({ seen }: BoardAnswers): readonly string[] {
  const given = seen?.compatible ?? [];
  return [
    ...(seen?.description === undefined
      ? ['# description: What the board is, for people']
      : [`description: ${quote(seen.description)}`]),
    '# The compatible strings of its device tree (tr "\\0" "\\n" </proc/device-tree/compatible); others are refused.',
    given.length === 0 ? '# compatible: ["vendor,board"]' : `compatible: [${given.map(quote).join(', ')}]`,
  ];
}

function rootPart({ root, seen }: BoardAnswers): readonly string[] {
  return [
    'root:',
    '  # What is mounted at / when overlay_init starts; the kernel command line says root= and rootfstype=.',
    ...notes(seen, 'root'),
    `  type: ${root}`,
    seen?.rootDevice === undefined ? '  # device: /dev/mtdblock2' : `  device: ${quote(seen.rootDevice)}`,
  ];
}

function appletsPart({ seen }: BoardAnswers): readonly string[] {
  const applets = seen?.applets ?? [];
  const comment =
    "# Applets that the root's busybox has (busybox --list); where given, overlay_init uses no other.";
  if (applets.length === 0) return [comment, '# applets: [sh, mount, umount, mkdir, sleep]'];
  return [comment, ...notes(seen, 'applets', ''), `applets: ${folded(applets.map(word))}`];
}

/** A list in lines that fit a terminal. */
function folded(words: readonly string[]): string {
  const rows: string[] = [];
  for (const one of words) {
    const last = rows.at(-1);
    if (last === undefined || last.length + one.length > 110) rows.push(one);
    else rows[rows.length - 1] = `${last}, ${one}`;
  }
  return `[${rows.join(',\n  ')}]`;
}

/** What was seen, as comments. Text of a board is made visible, so that none of it becomes a line of the file. */
function notes(
  seen: Seen | undefined,
  part: keyof NonNullable<Seen['notes']>,
  indent = '  ',
): readonly string[] {
  return (seen?.notes?.[part] ?? []).map((note) => `${indent}# ${visible(note)}`);
}

function kernelPart({ kernel, root, storage, union, seen }: BoardAnswers): readonly string[] {
  if (seen?.filesystems !== undefined) return seenKernelPart(kernel, storage, seen);
  const onStorage = storage === 'file' ? [] : [storage];
  const driver = unionDriver(union, kernel);
  const drivers = [
    ...['proc', 'sysfs', 'tmpfs'],
    ...(atLeast(kernel, '2.6.32') ? ['devtmpfs'] : []),
    ...[root, ...onStorage, ...(driver === undefined ? [] : [driver])],
  ];
  return [
    'kernel:',
    `  version: ${quote(kernel)}`,
    '  # What this file needs. Compare with cat /proc/filesystems on the board, or delete the line if that is not known.',
    `  filesystems: [${[...new Set(drivers)].join(', ')}]`,
    '  # Modules to load first, in this order; none where all of these are built in.',
    '  # modules: [{ name: overlay }]',
    ...(storage === 'jffs2'
      ? [
          '  # true on OpenWrt, whose kernels have patches for it. Without them overlayfs cannot rename files of the root.',
          '  jffs2_rename_whiteout: false',
        ]
      : []),
  ];
}

function seenKernelPart(
  kernel: string,
  storage: BoardAnswers['storage'],
  { on, filesystems = [], modules = [], jffs2RenameWhiteout = false }: Seen,
): readonly string[] {
  return [
    'kernel:',
    `  # Seen on ${visible(on)}.`,
    `  version: ${quote(kernel)}`,
    '  # Of /proc/filesystems, what a boot can need; with what the modules below bring.',
    `  filesystems: ${folded(filesystems.map(word))}`,
    ...(modules.length === 0
      ? ['  # No module is needed for them.']
      : [
          '  # Loaded first, in this order.',
          `  modules: [${modules.map((name) => `{ name: ${word(name)} }`).join(', ')}]`,
        ]),
    ...(storage === 'jffs2'
      ? [
          "  # Whether JFFS2 has OpenWrt's patches. Without them overlayfs cannot rename files of the root.",
          `  jffs2_rename_whiteout: ${jffs2RenameWhiteout}`,
        ]
      : []),
  ];
}

/** The file system that a union system is mounted as. */
function unionDriver(union: BoardAnswers['union'], kernel: string): string | undefined {
  if (union === 'unionfs-fuse' || union === 'fuse-overlayfs') return 'fuse';
  if (union === 'auto') return systemOf(union, kernel) === 'auto' ? 'overlay' : systemOf(union, kernel);
  const named = [...unionDrivers, 'unionfs', 'aufs'] as readonly string[];
  return named.includes(union) ? union : undefined;
}

/** Before 3.18 there is nothing for `auto` to find, so the name that such kernels mostly have is written down. */
function systemOf(union: BoardAnswers['union'], kernel: string): BoardAnswers['union'] {
  if (union !== 'auto' || atLeast(kernel, '3.18')) return union;
  return atLeast(kernel, '2.6.36') ? 'overlayfs' : 'mini_fo';
}

const usualFind: Readonly<Record<Exclude<BoardAnswers['storage'], 'tmpfs'>, readonly [FindKey, string]>> = {
  jffs2: ['mtd', 'rootfs_data'],
  ubifs: ['ubi', 'ubi0:rootfs_data'],
  ext4: ['label', 'overlay'],
  f2fs: ['label', 'overlay'],
  file: ['label', 'data'],
};

const whereToLook: Readonly<Record<FindKey, string>> = {
  mtd: 'the names are in /proc/mtd',
  mtd_number: 'the numbers are in /proc/mtd; names move less',
  ubi: 'the volumes are in /sys/class/ubi',
  label: 'blkid prints the labels',
  uuid: 'blkid prints the UUIDs',
  path: 'a device node; labels and UUIDs move less',
};

function storagePart({ storage, find, seen }: BoardAnswers): readonly string[] {
  if (storage === 'tmpfs')
    return [
      'storage:',
      '  # Memory: everything that is written is gone at power-off.',
      ...notes(seen, 'storage'),
      '  type: tmpfs',
    ];
  const [by, value] = find === undefined ? usualFind[storage] : ([find.by, find.value] as const);
  return [
    'storage:',
    '  # Where the writable layer lives.',
    ...notes(seen, 'storage'),
    `  type: ${storage}`,
    `  # One key; ${whereToLook[by]}.`,
    '  find:',
    `    ${by}: ${by === 'mtd_number' && /^\d+$/.test(value) ? value : quote(value)}`,
    ...(storage === 'file' ? ['  # The image file on that file system.', '  file: /overlay.img'] : []),
    '  # Checked on the board before anything is written. /proc/mtd prints hexadecimal: 00360000 is 0x360000.',
    seen?.size === undefined ? '  # size: 0x360000' : `  size: 0x${seen.size.toString(16)}`,
    ...eraseBlockPart(storage, seen),
    '  # Longest time to wait for the device.',
    '  wait: 5s',
  ];
}

function eraseBlockPart(storage: BoardAnswers['storage'], seen: Seen | undefined): readonly string[] {
  if (seen?.eraseBlock !== undefined) return [`  erase_block: 0x${seen.eraseBlock.toString(16)}`];
  return storage === 'jffs2' ? ['  # erase_block: 64KiB'] : [];
}

function unionPart({ union, kernel, seen }: BoardAnswers): readonly string[] {
  return [
    'union:',
    '  # auto takes the best one that the kernel has.',
    ...notes(seen, 'union'),
    `  system: ${seen?.filesystems === undefined ? systemOf(union, kernel) : union}`,
  ];
}

function bootLoaderPart({ seen }: BoardAnswers): readonly string[] {
  const loader = seen?.bootLoader;
  const comment =
    '# What ovl deploy tells which init the kernel executes; without it, what is found on the board.';
  if (loader === undefined)
    return ['', comment, '# boot_loader: { type: extlinux, file: /boot/extlinux/extlinux.conf }'];
  const file = loader.file === undefined ? '' : `, file: ${quote(loader.file)}`;
  return ['', comment, `boot_loader: { type: ${loader.type}${file} }`];
}

function helperPart({ arch }: BoardAnswers): readonly string[] {
  if (helperArchitectures.some((one) => one === arch)) return [];
  return [
    '',
    "# overlay_helper is not compiled for this processor; the script does its work with the board's applets.",
    'helper:',
    '  enabled: false',
  ];
}

/** Plain where YAML reads it as the same text, else quoted. */
function word(text: string): string {
  return /^[A-Za-z][A-Za-z0-9._-]*$/.test(text) && !/^(true|false|null)$/i.test(text) ? text : quote(text);
}

/** Double quotes as JSON has them are YAML's too; what is not printable ASCII is escaped, whatever reads it. */
function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
