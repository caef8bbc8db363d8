/** What is compared: every way to make the same mounts, on each storage. Pure. */

export interface Storage {
  readonly name: 'tmpfs' | 'jffs2';
  /** File of board-configs/, without its suffix. */
  readonly boardFile: string;
  /** What floor.c and ten-lines.sh mount. */
  readonly store: string;
}

export const storages = {
  tmpfs: { name: 'tmpfs', boardFile: 'lab-tmpfs', store: 'tmpfs' },
  jffs2: { name: 'jffs2', boardFile: 'lab-jffs2', store: 'mtd0' },
} as const satisfies Readonly<Record<string, Storage>>;

/** `control` is taken off all others: executing init costs the same without an overlay. */
export const caseNames = [
  'control',
  'floor',
  'ten-lines',
  'overlayroot',
  'script',
  'script-and-helper',
] as const;
export type CaseName = (typeof caseNames)[number];

export const caseTitles: Readonly<Record<CaseName, string>> = {
  control: 'init executed at once',
  floor: 'static C, the system calls alone',
  'ten-lines': 'ten lines of shell, by hand',
  overlayroot: "Debian's overlayroot",
  script: 'overlay_init alone',
  'script-and-helper': 'overlay_init and overlay_helper',
};

/** overlayroot knows memory and disks, and no flash. */
export function casesOn(storage: Storage): readonly CaseName[] {
  return caseNames.filter((name) => name !== 'overlayroot' || storage.name === 'tmpfs');
}

/** What PID 1 becomes. */
export const programs: Readonly<Record<CaseName, string>> = {
  control: '/sbin/init',
  floor: '/bench/floor',
  'ten-lines': '/bench/ten-lines',
  overlayroot: '/bench/overlayroot',
  script: '/sbin/overlay_init',
  'script-and-helper': '/sbin/overlay_init',
};

/**
 * What has been read before; start.c sees to it. `warm`: all that the case reads. `cold`: only busybox, which a board's
 * init reads in any case.
 */
export const temperatures = ['warm', 'cold'] as const;
export type Temperature = (typeof temperatures)[number];

export interface BootRow {
  readonly storage: Storage['name'];
  readonly temperature: Temperature;
  readonly case: CaseName;
  /** Instructions of each run, init's own start included. */
  readonly ticks: readonly number[];
}
