/** A C compiler: found, asked what it makes, and run with its own words in the diagnostic when it fails. */
import { execa } from 'execa';
import { sha256 } from '../bundle/digest.ts';
import { Failure } from '../diagnostics/diagnostic.ts';
import { lastLines } from '../system/process.ts';
import { findTool, type ToolName, tools } from '../system/tools.ts';
import { type Architecture, targetFor } from './targets.ts';

export interface Compiler {
  readonly command: string;
  /** What it compiles for, as it says itself: "mips-linux-gnu". */
  readonly machine: string;
  /** Whether it was built with link-time optimisation; those of some SDKs are not. */
  readonly optimizesAtLink: boolean;
  /** Whether it knows -Oz: gcc since 12, and clang. The version tells, so it is no part of the identity. */
  readonly knowsSmallest: boolean;
  /** Machine, version and a digest of the C library's macros: another compiler or library gives other bytes. */
  readonly identity: string;
}

/**
 * The compiler for an architecture: PREFIXgcc where the user names a prefix, else the target's own.
 * @throws Failure OVL450 where the helper is not built for it, OVL451 where there is none, or where it compiles for another machine
 */
export async function targetCompiler(arch: Architecture, prefix?: string): Promise<Compiler> {
  const target = targetFor(arch);
  const command = prefix === undefined ? findTool(target.compiler) : `${prefix}gcc`;
  if (command === undefined) throw noCompiler(target.compiler);
  const compiler = await identified(command);
  if (target.machine.test(compiler.machine)) return compiler;
  throw new Failure({
    code: 'OVL451',
    severity: 'error',
    message: `"${command}" does not compile for ${arch}`,
    because: `it says that it compiles for ${compiler.machine}`,
    fix: 'name the prefix of the right one in CROSS_COMPILE, or: ovl build --no-helper',
  });
}

/**
 * The compiler for programs that run on this machine.
 * @throws Failure OVL451 where there is none
 */
export async function hostCompiler(): Promise<Compiler> {
  const command = findTool('gcc');
  if (command === undefined) throw noCompiler('gcc');
  return identified(command);
}

/**
 * Runs the compiler in a folder. Paths are relative to it, so that none of this machine's gets into the result.
 * @throws Failure OVL455 quoting what the compiler said
 */
export async function compile(compiler: Compiler, args: readonly string[], folder: string): Promise<void> {
  // Translated or coloured messages are no use in a quotation; a date in the environment would get into __DATE__.
  const env = { LC_ALL: 'C', SOURCE_DATE_EPOCH: '0' };
  const result = await execa(compiler.command, args, { cwd: folder, env, reject: false, all: true });
  if (!result.failed) return;
  const files = args.filter((arg) => arg.endsWith('.c')).join(' ');
  throw new Failure({
    code: 'OVL455',
    severity: 'error',
    message: `"${compiler.command}" failed to compile ${files || 'the helper'}`,
    because: lastLines(result.all) || (result.shortMessage ?? 'it said nothing'),
    fix: 'see that the compiler can compile and link a static program, or: ovl build --no-helper',
  });
}

async function identified(command: string): Promise<Compiler> {
  const options = { env: { LC_ALL: 'C' }, reject: false };
  const [machine, version, library, linkTime, smallest] = await Promise.all([
    execa(command, ['-dumpmachine'], options),
    execa(command, ['--version'], options),
    execa(command, ['-E', '-dM', '-x', 'c', '-'], {
      ...options,
      input: '#include <limits.h>\n#include <stdio.h>\n',
    }),
    execa(command, ['-flto', '-x', 'c', '-c', '-o', '/dev/null', '-'], { ...options, input: 'int one;\n' }),
    execa(command, ['-Oz', '-x', 'c', '-c', '-o', '/dev/null', '-'], { ...options, input: 'int one;\n' }),
  ]);
  if (machine.failed || version.failed) {
    throw new Failure({
      code: 'OVL451',
      severity: 'error',
      message: `"${command}" is not a C compiler that runs here`,
      because: lastLines(machine.stderr ?? '') || machine.shortMessage || version.shortMessage || '',
      fix: 'correct CROSS_COMPILE, or: ovl build --no-helper',
    });
  }
  // musl-gcc is gcc by its version and machine: only the headers tell them apart.
  return {
    command,
    machine: machine.stdout.trim(),
    optimizesAtLink: !linkTime.failed,
    knowsSmallest: !smallest.failed,
    identity: `${machine.stdout}\n${version.stdout}\n${sha256(library.stdout)}\n${linkTime.failed}`,
  };
}

function noCompiler(tool: ToolName): Failure {
  const { package: debianPackage, reason } = tools[tool];
  return new Failure({
    code: 'OVL451',
    severity: 'error',
    message: `there is no C compiler for overlay_helper: "${tool}" is not installed`,
    because: `it ${reason}`,
    fix: `apt-get install gcc ${debianPackage}, or: ovl build --no-helper`,
  });
}
