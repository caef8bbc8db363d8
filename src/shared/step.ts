/**
 * Step: one thing the boot does, as data. Plans are made of steps; the renderer says them as shell, words and JSON, the
 * simulator computes the mount table from them, and the helper on the board reads them from plan.json.
 *
 * This directory imports nothing: it also runs on the board.
 */

import type { BasePolicy } from './base.ts';

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
  /** With makeIfBlank: not before the boot goes on, but in the background of the tmpfs rung. */
  readonly makeAfterwards?: boolean;
  /** For storage on flash: let overlay_helper erase it where a factory image has marked it to be erased. */
  readonly eraseIfMarked?: boolean;
  /** For storage: the program of the board that repairs it where it cannot be mounted and is not blank. */
  readonly repair?: string;
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

/**
 * Looks whether a variable of U-Boot's environment asks for a factory reset, before the state is read. Never fails: a board
 * boots whatever its environment says.
 */
export interface AskUbootEnvStep {
  readonly kind: 'ask-uboot-env';
  readonly name: string;
  /** The value that asks. */
  readonly value: string;
  /** Words that fw_printenv and fw_setenv get first. */
  readonly options: readonly string[];
}

/** A line of a GPIO chip: by its number in sysfs, by the chip's label there, or by the chip's name for gpioget. */
export type ButtonLine =
  | { readonly by: 'number'; readonly number: number }
  | { readonly by: 'label'; readonly label: string; readonly line: number }
  | { readonly by: 'gpioget'; readonly version: 1 | 2; readonly chip: string; readonly line: number };

/** Looks whether a button that is held asks for a factory reset. Never fails. */
export interface AskButtonStep {
  readonly kind: 'ask-button';
  readonly line: ButtonLine;
  /** Level of the line while the button is pressed. */
  readonly pressed: 0 | 1;
  /** Milliseconds that a pressed button has to stay so. */
  readonly holdMs: number;
}

/** Copies the stored identity into the upper of the generation that boots, where another one had it last. */
export interface BringIdentityStep {
  readonly kind: 'bring-identity';
  readonly identity: readonly StoredIdentity[];
}

/** An absolute path that is kept apart from the uppers. What is made new at a reset is not stored. */
export interface StoredIdentity {
  readonly path: string;
  readonly policy: 'keep' | 'provisioned';
}

/**
 * Compares the base image with the one that the chosen generation was made on (docs/decisions/0012). Runs once the layers are
 * mounted and before the union is.
 */
export interface CheckBaseStep {
  readonly kind: 'check-base';
  readonly policy: BasePolicy;
  /** The union system, whose notes in the upper are brought over. */
  readonly system: string;
  /** The layers below the upper, topmost first. */
  readonly lowerdirs: readonly string[];
  /** Whether an upper that nobody has cleaned shows no wrong data on another image. */
  readonly safe: boolean;
  /** Absolute paths that a generation which begins anew keeps. */
  readonly keep: readonly string[];
  /** Where the storage is mounted read-only, for a generation that nothing writes to: it is cleaned whatever the
   * policy is, since no empty one can begin there and nothing can be decided. */
  readonly storage?: string;
}

/**
 * Names the active generation of a storage that is mounted read-only, for a union in memory over what was committed to it.
 * Counts and writes nothing. Fails where nothing was committed yet.
 */
export interface ChooseCommittedStep {
  readonly kind: 'choose-committed';
  /** Where the storage is mounted. */
  readonly storage: string;
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
  | AskUbootEnvStep
  | AskButtonStep
  | ChooseGenerationStep
  | ChooseCommittedStep
  | CheckBaseStep
  | BringIdentityStep
  | VerifyStep;

/** Stands for the number of the chosen generation in the options of a mount. */
export const generationWord = '{generation}';

export type StepKind = Step['kind'];
