/** What the helper is compiled for: one row for each architecture that is supported. */
import type { architectures } from '../board/schema.ts';
import { Failure } from '../diagnostics/diagnostic.ts';
import type { ToolName } from '../system/tools.ts';

export type Architecture = (typeof architectures)[number];

export interface Target {
  /** What the compiler has to call its machine (`-dumpmachine`), at the beginning. */
  readonly machine: RegExp;
  /** Compiler that is taken where the user names none. */
  readonly compiler: ToolName;
  /** Its flags for this architecture; a compiler that the user names is left as it is. */
  readonly flags: readonly string[];
  /**
   * Whether that compiler links with musl by itself, or brings no C library: then one is built, from source, for exactly these
   * flags. `soft-float` adds the arithmetic that the compiler's own library would do on an FPU.
   */
  readonly library: 'own' | 'built' | 'built-soft-float';
  /** What the ELF header of the result has to say: 32 or 64 bit, byte order, e_machine. */
  readonly elf: { readonly bits: 32 | 64; readonly bigEndian: boolean; readonly machine: number };
  /** Node's name of the architecture, where this machine can run the result itself. */
  readonly host?: NodeJS.Architecture;
}

/** The oldest processors that Debian's compilers support, but for MIPS: most of those boards have no FPU. */
export const targets: { readonly [A in Architecture]?: Target } = {
  x86_64: {
    machine: /^x86_64-/,
    compiler: 'musl-gcc',
    // As for all others (c-library.ts): what is linked statically lies where it was linked, and addresses are shorter.
    flags: ['-m64', '-march=x86-64', '-fno-pie'],
    library: 'own',
    elf: { bits: 64, bigEndian: false, machine: 62 },
    host: 'x64',
  },
  i386: {
    machine: /^i[3-6]86-/,
    compiler: 'i686-linux-gnu-gcc',
    // 8087 registers round twice; the oldest processor that has others is also the oldest that Debian supports.
    flags: ['-march=i686', '-mno-sse'],
    library: 'built',
    elf: { bits: 32, bigEndian: false, machine: 3 },
    host: 'ia32',
  },
  aarch64: {
    machine: /^aarch64-/,
    compiler: 'aarch64-linux-gnu-gcc',
    // The compiler's own atomic operations look for a C library's answer about the processor first.
    flags: ['-mno-outline-atomics'],
    library: 'built',
    elf: { bits: 64, bigEndian: false, machine: 183 },
    host: 'arm64',
  },
  armhf: {
    machine: /^arm.*eabihf$/,
    compiler: 'arm-linux-gnueabihf-gcc',
    flags: ['-march=armv7-a+fp', '-mthumb'],
    library: 'built',
    elf: { bits: 32, bigEndian: false, machine: 40 },
  },
  armel: {
    machine: /^arm.*eabi$/,
    compiler: 'arm-linux-gnueabi-gcc',
    flags: ['-march=armv5te', '-marm'],
    library: 'built',
    elf: { bits: 32, bigEndian: false, machine: 40 },
  },
  mips: {
    machine: /^mips-/,
    compiler: 'mips-linux-gnu-gcc',
    flags: ['-march=mips32r2', '-msoft-float'],
    library: 'built-soft-float',
    elf: { bits: 32, bigEndian: true, machine: 8 },
  },
  mipsel: {
    machine: /^mipsel-/,
    compiler: 'mipsel-linux-gnu-gcc',
    flags: ['-march=mips32r2', '-msoft-float'],
    library: 'built-soft-float',
    elf: { bits: 32, bigEndian: false, machine: 8 },
  },
  riscv64: {
    machine: /^riscv64-/,
    compiler: 'riscv64-linux-gnu-gcc',
    flags: ['-march=rv64gc', '-mabi=lp64d'],
    library: 'built',
    elf: { bits: 64, bigEndian: false, machine: 243 },
  },
};

/**
 * The row of an architecture.
 * @throws Failure OVL450 where the helper cannot be built for it
 */
export function targetFor(arch: string): Target {
  const known = Object.entries(targets).find(([name]) => name === arch);
  if (known !== undefined) return known[1];
  throw new Failure({
    code: 'OVL450',
    severity: 'error',
    message: `overlay_helper cannot be built for "${arch}"`,
    because: `it is built for ${Object.keys(targets).join(', ')}; elsewhere the board's own applets do its work`,
    fix: 'ovl build --no-helper',
  });
}
