/** The helper with the compiler's own checks: every wrong memory access, leak and undefined operation ends it loudly. */
import { mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { sha256 } from '../../src/bundle/digest.ts';
import { verbsSuffix } from '../../src/shared/helper-protocol.ts';
import { cached } from '../../src/system/cache.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { compileScripts, scriptCompiler, verbsFile } from '../../src/toolchain/bytecode.ts';
import { compilersOwn } from '../../src/toolchain/c-library.ts';
import { type Compiler, hostCompiler, targetCompiler } from '../../src/toolchain/compiler.ts';
import { engineSource } from '../../src/toolchain/engine.ts';
import { linkProgram, releaseStyle, type Style } from '../../src/toolchain/link.ts';
import type { Scripts } from '../../src/toolchain/protocol.ts';
import { targetFor } from '../../src/toolchain/targets.ts';

const warnings = ['-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter', '-Wshadow', '-Wconversion'];

const sanitizedStyle: Style = {
  compile: ['-O1', '-g0', '-DSANITIZED'],
  native: [
    ...warnings,
    '-fsanitize=address,undefined',
    '-fno-sanitize-recover=all',
    '-fno-omit-frame-pointer',
  ],
  link: ['-static-libasan', '-static-libubsan', '-lm', '-ldl', '-lpthread'],
};

/** Links a script, or the helper's two, with the native module as it is in this tree: as on a board, or with the sanitizers. */
export async function programOf(script: string | Scripts, kind: 'release' | 'sanitized'): Promise<string> {
  const source = await engineSource(process.env.OVL_QUICKJS_SOURCE);
  const native = join(packageRoot(), 'src', 'helper', 'native');
  const host = await hostCompiler();
  const target = targetFor('x86_64');
  const [compiler, style, flags]: [Compiler, Style, readonly string[]] =
    kind === 'release'
      ? [await targetCompiler('x86_64'), releaseStyle, target.flags]
      : [host, sanitizedStyle, []];
  const folder = await cached(
    join('test-programs', await inputsOf(native, [script, style, flags, compiler.identity])),
    async (final) => {
      const work = join(final, 'work');
      await mkdir(work);
      const scripts = typeof script === 'string' ? { boot: script, board: script } : script;
      await compileScripts(await scriptCompiler(source, host), scripts, work);
      await linkProgram({ source, native, compiler, flags, style, library: compilersOwn }, work, 'program');
      await rename(join(work, verbsFile), join(final, `program${verbsSuffix}`));
      await rename(join(work, 'program'), join(final, 'program'));
      await rm(work, { recursive: true });
    },
  );
  return join(folder, 'program');
}

/** The libraries that a program is linked with, by the paths that the host's loader finds them at. */
export async function librariesOf(program: string): Promise<readonly string[]> {
  const { stdout } = await execa('ldd', [program], { reject: false });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? '');
}

/** One digest of the native module and whatever else the result depends on. */
async function inputsOf(native: string, others: readonly unknown[]): Promise<string> {
  const names = (await readdir(native)).sort();
  const files = await Promise.all(names.map((name) => readFile(join(native, name), 'utf8')));
  return sha256(JSON.stringify([names, files, ...others]));
}
