/** The kernels that virtual boards in QEMU run. */
import type { Architecture } from '../../toolchain/targets.ts';

/** Debian's kernel: much of it is in modules, so it starts with an initramfs. */
export interface StockKernel {
  readonly kind: 'stock';
  readonly arch: Architecture;
  /** Path of what QEMU starts: on x86 the uncompressed ELF kernel, elsewhere the file that the package has. */
  readonly vmlinux: string;
  /** Path of lib/modules/VERSION, with modules.dep. */
  readonly modulesDir: string;
  /** Such as "6.1.0-56-amd64". */
  readonly version: string;
}

/** Our own kernel: everything built in, no initramfs, the kernel mounts the root itself. */
export interface OwnKernel {
  readonly kind: 'own';
  readonly vmlinux: string;
  readonly version: string;
}

export type Kernel = StockKernel | OwnKernel;

/** Told while something takes long: what is being done now, in a few words. */
export type Progress = (step: string) => void;

export interface KernelOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: Progress;
}
