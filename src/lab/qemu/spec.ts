/** What a virtual board in QEMU is made of: the value that arguments.ts says as QEMU's command line. */
import type { FlashSlots, Forward } from '../boot.ts';
import type { Kernel } from '../kernel/kernel.ts';

/** A disk image. Disks become /dev/vda, /dev/vdb, ... in this order: root, storage, then the further ones. */
export interface Disk {
  readonly image: string;
  readonly readOnly: boolean;
  /** An empty file that gets every write and flush in their order, in the format of dm-log-writes. */
  readonly writeLog?: string;
}

/**
 * Where the writable layer lives.
 *
 * `nor`: memory that keeps its content in a file, written byte by byte and in order, as NOR flash is: a power cut leaves
 * exactly what was written. `block2mtd`: a disk as flash; writes wait in the guest's page cache, so it must not be used
 * for judging power cuts (JFFS2's fsync does not reach that cache).
 */
export type Storage =
  | { readonly kind: 'none' }
  | {
      readonly kind: 'disk';
      readonly image: string;
      /** What the kernel has to mount it as. */
      readonly fstype: 'ext4' | 'f2fs';
      readonly writeLog?: string;
    }
  | {
      readonly kind: 'flash';
      readonly medium: 'nor' | 'block2mtd';
      readonly image: string;
      /** Name of the MTD device. */
      readonly name: string;
      /** N of mtdN; the devices before it are read-only windows on the first erase block. */
      readonly number: number;
      readonly bytes: number;
      readonly eraseBlockBytes: number;
    };

export interface VirtualBoardSpec {
  readonly kernel: Kernel;
  readonly root: { readonly image: string; readonly type: string; readonly writable?: boolean };
  readonly storage: Storage;
  /** See BootRequest; only with a stock kernel. */
  readonly rootDevice?: string;
  /** See BootRequest; only with a stock kernel, and beside no storage but flash of the medium `nor`. */
  readonly flashSlots?: FlashSlots;
  /** What the kernel (or the initramfs on its behalf) executes as PID 1 on the read-only root. */
  readonly init: string;
  /** Further words of the kernel command line. */
  readonly words: readonly string[];
  readonly memoryMiB: number;
  /** Names under which the board file knows devices of the lab; only with a stock kernel. */
  readonly links: readonly { readonly path: string; readonly device: string }[];
  readonly disks: readonly Disk[];
  /** Where there are any, the board has a network card. */
  readonly forwards: readonly Forward[];
  /**
   * Counts instructions: one virtual nanosecond each, and every run of the same images takes the same number. The root
   * lies in memory then, since a disk's real time would show. `seed` is that of the guest's random numbers.
   */
  readonly exact?: { readonly seed: number };
}

/** The device of a storage on a disk: the one behind the root, which is no disk when it lies in memory. */
export function storageDevice(rootInMemory: boolean): string {
  return rootInMemory ? '/dev/vda' : '/dev/vdb';
}
