/** How the helper of each architecture is run on this machine, on the oldest processor that it is for. */
import type { Architecture } from '../../src/toolchain/targets.ts';

/** Words that come before the program's path; none where this machine runs it by itself. */
export const emulators: { readonly [A in Architecture]?: readonly string[] } = {
  x86_64: [],
  i386: ['qemu-i386-static', '-cpu', 'pentium2'],
  aarch64: ['qemu-aarch64-static', '-cpu', 'cortex-a53'],
  armhf: ['qemu-arm-static', '-cpu', 'cortex-a7'],
  armel: ['qemu-arm-static', '-cpu', 'arm926'],
  // No FPU: an instruction of one ends the program.
  mips: ['qemu-mips-static', '-cpu', '24Kc'],
  mipsel: ['qemu-mipsel-static', '-cpu', '24Kc'],
  riscv64: ['qemu-riscv64-static'],
};
