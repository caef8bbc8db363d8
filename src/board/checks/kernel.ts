/** What the kernel has, against what the board needs of it. */
import type { Diagnostic } from '../../diagnostics/diagnostic.ts';
import { quoted } from '../../diagnostics/escape.ts';
import { nearest } from '../../diagnostics/suggest.ts';
import type { CheckedBoard } from '../decode.ts';
import type { Path } from '../plain-yaml.ts';
import type { Board } from '../schema.ts';
import { atLeast } from '../version.ts';
import { finding } from './finding.ts';
import { unionDrivers } from './likely-union.ts';

export function checkKernel(checked: CheckedBoard): readonly Diagnostic[] {
  const listed = checked.board.kernel.filesystems;
  if (listed.length === 0) return [...tooOldForDrivers(checked), ...unionByVersion(checked)];
  return [...missingDrivers(checked, listed), ...missingUnion(checked, listed), ...unionByVersion(checked)];
}

interface Need {
  readonly driver: string;
  readonly path: Path;
  readonly why: string;
}

/** The kernel option that brings a driver. */
const options: Readonly<Record<string, string>> = {
  proc: 'CONFIG_PROC_FS',
  tmpfs: 'CONFIG_TMPFS',
  squashfs: 'CONFIG_SQUASHFS',
  cramfs: 'CONFIG_CRAMFS',
  erofs: 'CONFIG_EROFS_FS',
  romfs: 'CONFIG_ROMFS_FS',
  ext4: 'CONFIG_EXT4_FS',
  jffs2: 'CONFIG_JFFS2_FS',
  ubifs: 'CONFIG_UBIFS_FS',
  f2fs: 'CONFIG_F2FS_FS',
  overlay: 'CONFIG_OVERLAY_FS',
  fuse: 'CONFIG_FUSE_FS',
};

/** The first kernel.org release with the driver. Boards with patched kernels list it in kernel.filesystems. */
const since: Readonly<Record<string, string>> = {
  squashfs: '2.6.29',
  erofs: '4.19',
  ext4: '2.6.28',
  f2fs: '3.8',
  ubifs: '2.6.27',
  jffs2: '2.4.10',
};

function needs(board: Board): readonly Need[] {
  const { storage } = board;
  const onStorage = storage.type === 'file' || storage.type === 'tmpfs' ? [] : [storage.type];
  return [
    {
      driver: 'proc',
      path: ['kernel', 'filesystems'],
      why: 'overlay_init reads the command line and /proc/mtd',
    },
    { driver: 'tmpfs', path: ['kernel', 'filesystems'], why: '/run and the volatile upper are tmpfs' },
    { driver: board.root.type, path: ['root', 'type'], why: 'the root is mounted with it' },
    ...board.layers.map(({ type, name }, index) => ({
      driver: type,
      path: ['layers', index, 'type'],
      why: `the layer ${quoted(name)} is mounted with it`,
    })),
    ...onStorage.map((driver) => ({
      driver,
      path: ['storage', 'type'],
      why: 'the storage is mounted with it',
    })),
  ];
}

function missingDrivers(checked: CheckedBoard, listed: readonly string[]): readonly Diagnostic[] {
  return needs(checked.board)
    .filter(({ driver }) => !listed.includes(driver))
    .map(({ driver, path, why }) =>
      finding(checked, 'OVL129', path, {
        message: `kernel.filesystems has no "${driver}"`,
        because: `${why}; without the driver mount answers ENODEV, "No such device"`,
        fix: driverFix(driver, listed),
      }),
    );
}

function driverFix(driver: string, listed: readonly string[]): string {
  const typo = nearest(driver, listed);
  const meant = typo === undefined || typo in options ? '' : `; or is ${quoted(typo)} a slip of the pen?`;
  const option = options[driver];
  return `add it to the list if /proc/filesystems has it${option === undefined ? '' : `, else build the kernel with ${option}`}${meant}`;
}

function tooOldForDrivers(checked: CheckedBoard): readonly Diagnostic[] {
  const { version } = checked.board.kernel;
  return needs(checked.board)
    .filter(({ driver }) => !atLeast(version, since[driver] ?? '0'))
    .map(({ driver, path }) =>
      finding(checked, 'OVL130', path, {
        message: `Linux ${version} does not have ${driver}`,
        because: `kernel.org has it since ${since[driver]}; older kernels have it only as a patch`,
        fix: 'if the kernel is patched, list everything that /proc/filesystems has under kernel.filesystems',
      }),
    );
}

/** What each union system needs in /proc/filesystems; the two without a row need no driver of that name. */
const unionDriver: Readonly<Record<string, string>> = {
  overlay: 'overlay',
  overlayfs: 'overlayfs',
  mini_fo: 'mini_fo',
  unionfs: 'unionfs',
  aufs: 'aufs',
  'unionfs-fuse': 'fuse',
  'fuse-overlayfs': 'fuse',
};

function missingUnion(checked: CheckedBoard, listed: readonly string[]): readonly Diagnostic[] {
  const { system } = checked.board.union;
  if (system === 'auto') {
    if (unionDrivers.some((driver) => listed.includes(driver))) return [];
    return [
      finding(checked, 'OVL129', ['kernel', 'filesystems'], {
        message: 'kernel.filesystems has no union system',
        because: `something has to merge the layers; auto looks for ${unionDrivers.join(', ')}`,
        fix: 'build the kernel with CONFIG_OVERLAY_FS (Linux 3.18 and later), or list the module under kernel.modules and its file system here',
      }),
    ];
  }
  const driver = unionDriver[system];
  if (driver === undefined || listed.includes(driver)) return [];
  const other = { overlay: 'overlayfs', overlayfs: 'overlay' }[driver];
  const has = other !== undefined && listed.includes(other) ? other : undefined;
  return [
    finding(checked, 'OVL129', ['union', 'system'], {
      message: `kernel.filesystems has no "${driver}"`,
      because: `union.system ${system} is mounted with it; without the driver mount answers ENODEV, "No such device"`,
      fix: has === undefined ? driverFix(driver, listed) : `union.system: ${has}     (that one is listed)`,
    }),
  ];
}

/** The releases of Linux that each driver exists for. */
const unionReleases: Readonly<
  Record<string, { from?: string; before?: string; because: string; fix: string }>
> = {
  overlay: {
    from: '3.18',
    because:
      'overlay is in Linux since 3.18; before, distributions carried it as a patch under the name overlayfs',
    fix: 'union.system: overlayfs     (or mini_fo, whichever the kernel was patched with)',
  },
  overlayfs: {
    before: '3.18',
    because: 'the file system is called overlay since Linux 3.18, and wants a workdir since then',
    fix: 'union.system: overlay',
  },
  mini_fo: {
    before: '4.0',
    because: 'mini_fo exists for Linux 2.4, 2.6 and early 3.x only',
    fix: 'union.system: overlay',
  },
};

function unionByVersion(checked: CheckedBoard): readonly Diagnostic[] {
  const { union, kernel } = checked.board;
  if (union.system === 'auto') return kernel.filesystems.length === 0 ? unknownUnion(checked) : [];
  const release = unionReleases[union.system];
  if (release === undefined) return [];
  const fits =
    atLeast(kernel.version, release.from ?? '0') &&
    (release.before === undefined || !atLeast(kernel.version, release.before));
  const listed = kernel.filesystems.includes(union.system);
  // Where the list is given and lacks the driver, that has been said already.
  if (fits || (kernel.filesystems.length > 0 && !listed)) return [];
  return [
    finding(
      checked,
      'OVL130',
      ['union', 'system'],
      {
        message: `Linux ${kernel.version} of kernel.org does not have ${union.system}`,
        because: listed
          ? `${release.because}. kernel.filesystems lists it, so this may be a patched kernel`
          : release.because,
        fix: release.fix,
      },
      listed ? 'warning' : 'error',
    ),
  ];
}

function unknownUnion(checked: CheckedBoard): readonly Diagnostic[] {
  const { version } = checked.board.kernel;
  if (atLeast(version, '3.18')) return [];
  return [
    finding(checked, 'OVL130', ['kernel', 'version'], {
      message: `which union system Linux ${version} has cannot be known`,
      because: 'overlay is in Linux since 3.18; an older kernel has only what it was patched with',
      fix: 'list what /proc/filesystems has under kernel.filesystems, or name union.system',
    }),
  ];
}
