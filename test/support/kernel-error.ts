import type { KernelError } from '../../src/helper/port.ts';

/** What a system call throws in the helper. */
export function kernelError(syscall: string, path: string, code: string): KernelError {
  return Object.assign(new Error(`${syscall} ${path}: ${code}`), { errno: 5, code, syscall, path });
}
