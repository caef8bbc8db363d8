/** The C parts that stand in for the C library's, by themselves, under the compiler's sanitizers. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { packageRoot } from '../../src/system/package-root.ts';
import { engineSource } from '../../src/toolchain/engine.ts';

test('blocks of memory do not overlap, text and powers come out as from the C library', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-parts-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const native = join(packageRoot(), 'src/helper/native');
  const program = join(folder, 'parts');
  const warnings = ['-Wall', '-Wextra', '-Werror', '-Wshadow', '-Wno-format-truncation', '-Wno-restrict'];
  const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'];
  const includes = [
    '-isystem',
    await engineSource(process.env.OVL_QUICKJS_SOURCE),
    '-include',
    'host.h',
    '-I',
    native,
  ];
  const files = [
    join(native, 'memory.c'),
    join(native, 'format.c'),
    join(packageRoot(), 'test/support/parts.c'),
  ];
  await execa('gcc', ['-O1', '-g', ...warnings, ...sanitizers, ...includes, '-o', program, ...files, '-lm']);
  t.is((await execa(program)).stdout, 'ok');
});
