/**
 * Step: one thing the boot does, as data. Plans are made of steps; the renderer says them as shell, words and JSON, the
 * simulator computes the mount table from them, and the helper on the board reads them from plan.json.
 *
 * This directory imports nothing: it also runs on the board.
 */

/** How the storage is found. `path` is a block device node, or a directory for storage that is already mounted. */
export type StorageAddress =
  | { readonly by: 'mtd-name'; readonly name: string }
  | { readonly by: 'mtd-number'; readonly number: number }
  | { readonly by: 'label'; readonly label: string }
  | { readonly by: 'uuid'; readonly uuid: string }
  | { readonly by: 'path'; readonly path: string };

/**
 * What `mount` gets as its source. `storage` stands for the device that the find-storage step of the same rung found;
 * only the board knows its number.
 */
export type MountSource = { readonly kind: 'name'; readonly name: string } | { readonly kind: 'storage' };

/** Mounts a file system. Options are stated in full, in order, already escaped the way the file system wants it. */
export interface MountStep {
  readonly kind: 'mount';
  readonly fstype: string;
  readonly source: MountSource;
  readonly target: string;
  readonly options: readonly string[];
  /** Leave it alone where the kernel or an initramfs has mounted something there already. */
  readonly unlessMounted: boolean;
  /** For storage: make a file system where the device is blank. The board has the mkfs for it. */
  readonly makeIfBlank?: boolean;
  /** A mount that the boot can do without (sysfs on a kernel without it, say): failure is reported, not fatal. */
  readonly optional: boolean;
}

/** Makes directories, mode 0755, with one call; those that exist stay as they are. */
export interface MakeDirsStep {
  readonly kind: 'make-dirs';
  readonly paths: readonly string[];
}

/** Loads a kernel module by name, with its parameters. */
export interface LoadModuleStep {
  readonly kind: 'load-module';
  readonly module: string;
  readonly parameters: readonly string[];
}

/** Waits for the storage device, at most `waitMs` milliseconds, and checks that it is the one the board file means. */
export interface FindStorageStep {
  readonly kind: 'find-storage';
  readonly address: StorageAddress;
  readonly waitMs: number;
  /** Bytes the partition must have exactly; undefined where the board file does not say. */
  readonly sizeBytes?: number;
  /** Bounds in bytes of what the partition may have; undefined where the board file does not say. */
  readonly minBytes?: number;
  readonly maxBytes?: number;
  /** Bytes of one erase block the partition must have exactly (MTD only). */
  readonly eraseBlockBytes?: number;
}

/**
 * Reads the state on the storage, does the factory reset that was asked for, chooses the generation and counts the attempt
 * (docs/decisions/0005). Runs before the union is mounted, never after it. The options of the mounts that follow name the
 * chosen generation by `generationWord`.
 */
export interface ChooseGenerationStep {
  readonly kind: 'choose-generation';
  /** `state`: the one that the state names; `previous`: the one before it, which becomes the active one. */
  readonly which: 'state' | 'previous';
  /** Boots without a confirmation after which a generation is given up. */
  readonly limit: number;
  /** A file on the storage whose presence asks for a reset; undefined where the board wants none. */
  readonly requestFile?: string;
  /** Whether the word `overlaykit=reset` on the kernel command line asks for one too. */
  readonly byCommandLine: boolean;
  /** Absolute paths that a reset keeps. */
  readonly keep: readonly string[];
}

/** Checks the merged root: the right file system is mounted there, a file can be written, init can be executed. */
export interface VerifyStep {
  readonly kind: 'verify';
  readonly target: string;
  readonly fstype: string;
  /** Directory of the storage where what is written in the merged root has to appear. */
  readonly upperdir: string;
  readonly init: string;
}

export type Step =
  | MountStep
  | MakeDirsStep
  | LoadModuleStep
  | FindStorageStep
  | ChooseGenerationStep
  | VerifyStep;

/** Stands for the number of the chosen generation in the options of a mount. */
export const generationWord = '{generation}';

export type StepKind = Step['kind'];
