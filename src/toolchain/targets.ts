/** What the helper is compiled for: one row for each architecture that is supported. */
import type { architectures } from '../board/schema.ts';
import { Failure } from '../diagnostics/diagnostic.ts';

export type Architecture = (typeof architectures)[number];

export interface Target {
  /** What the compiler has to call its machine (`-dumpmachine`), at the beginning. */
  readonly machine: string;
  /** Compiler that is taken where the user names none; links with musl. */
  readonly compiler: 'musl-gcc';
  /** Flags beside those for all architectures. */
  readonly flags: readonly string[];
  /** What the ELF header of the result has to say: 32 or 64 bit, byte order, e_machine. */
  readonly elf: { readonly bits: 32 | 64; readonly bigEndian: boolean; readonly machine: number };
  /** Node's name of the architecture, where this machine can run the result itself. */
  readonly host?: NodeJS.Architecture;
}

export const targets: { readonly [A in Architecture]?: Target } = {
  x86_64: {
    machine: 'x86_64',
    compiler: 'musl-gcc',
    flags: ['-m64', '-march=x86-64'],
    elf: { bits: 64, bigEndian: false, machine: 62 },
    host: 'x64',
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
