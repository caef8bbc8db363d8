/** Building the helper for other processors, with a C library of our own, and without room for it. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { packageRoot } from '../../src/system/package-root.ts';
import { musl } from '../../src/toolchain/c-library.ts';
import { engineSource } from '../../src/toolchain/engine.ts';
import { buildHelper } from '../../src/toolchain/helper.ts';
import { failsWith, withEnvironment } from '../support/building.ts';
import { testAsRoot } from '../support/needs.ts';
import { copyPackage } from '../support/package-copy.ts';

let scratch = '';
let source = '';
test.before(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ovl-cross-'));
  source = await engineSource(process.env.OVL_QUICKJS_SOURCE);
});
test.after.always(() => rm(scratch, { recursive: true, force: true }));

test.serial('a C library whose source is missing or another one', async (t) => {
  const folder = join(scratch, 'no-musl');
  await mkdir(folder);
  const words = {
    OVL_MUSL_SOURCE: folder,
    OVL_CACHE: join(scratch, 'musl-cache'),
    OVL_QUICKJS_SOURCE: source,
  };
  const mips = () => withEnvironment(words, () => buildHelper({ arch: 'mips', fromSource: true }));
  await failsWith(t, 'OVL458', /"musl" 1\.2\.3-1\) cannot be had\nthere is no ".*no-musl/, mips);
  await writeFile(join(folder, musl.tarball), 'cut short');
  await failsWith(t, 'OVL458', /is another one: its SHA-256 is [0-9a-f]{64}, it has to be 7d5b0b6/, mips);
});

test.serial('the same bytes for another processor, with a fresh cache', async (t) => {
  // Once it took eight minutes, with a load of sixteen on two processors.
  t.timeout(1_200_000);
  const here = await buildHelper({ arch: 'mips', fromSource: true });
  const there = await withEnvironment({ OVL_CACHE: join(scratch, 'other-cache') }, () =>
    buildHelper({ arch: 'mips', engineSource: source, fromSource: true }),
  );
  t.not(there.path, here.path);
  t.is(there.sha256, here.sha256);
});

testAsRoot('no space in the cache', async (t) => {
  const copy = await copyPackage();
  t.teardown(copy.remove);
  const module = join(copy.folder, 'full.ts');
  await writeFile(
    module,
    `import { buildHelper } from './src/toolchain/helper.ts';
const said = (error) => console.log(error.diagnostics?.[0]?.code ?? String(error), error.diagnostics?.[0]?.because);
void buildHelper({ arch: 'x86_64' }).catch(said);`,
  );
  const loader = join(packageRoot(), 'node_modules/tsx/dist/loader.mjs');
  for (const kilobytes of [4, 900, 6000]) {
    const script = `mkdir small && mount -t tmpfs -o size=${kilobytes}k small small && OVL_CACHE=$PWD/small exec node --import "${loader}" full.ts`;
    const env = { OVL_QUICKJS_SOURCE: source };
    const { stdout } = await execa('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script], {
      cwd: copy.folder,
      env,
    });
    t.regex(
      stdout,
      /^OVL459 (ENOSPC|.*No space left on device|"(boot|board)\.c" was cut short)/s,
      `${kilobytes} KB`,
    );
    await rm(join(copy.folder, 'small'), { recursive: true });
  }
});
