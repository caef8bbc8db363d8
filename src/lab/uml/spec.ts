/** What a virtual board under user-mode Linux is made of. There is no flash: storage is a disk, or none (tmpfs). */
import type { StockKernel } from '../kernel/kernel.ts';

/** The devices that the board sees its images as. */
export const umlDevices = { root: '/dev/ubda', storage: '/dev/ubdb' } as const;

export interface UmlSpec {
  /** From umlKernel(). */
  readonly kernel: StockKernel;
  readonly root: { readonly image: string; readonly type: string };
  /** An image of a file system. What the board wrote is in it when the board has ended. */
  readonly storage?: { readonly image: string; readonly type: string };
  /** What is executed as PID 1 on the read-only root. */
  readonly init: string;
  /** Further words of the kernel command line. */
  readonly words?: readonly string[];
  readonly memoryMiB?: number;
  /** Names under which the board file knows devices of the lab. */
  readonly links?: readonly { readonly path: string; readonly device: string }[];
}
