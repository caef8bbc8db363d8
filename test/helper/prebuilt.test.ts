/** The helpers that the package carries. */
import { appendFile, copyFile, mkdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { sha256 } from '../../src/bundle/digest.ts';
import { buildHelper } from '../../src/toolchain/helper.ts';
import { findPrebuilt, sourcesDigest } from '../../src/toolchain/prebuilt.ts';
import { copyPackage } from '../support/package-copy.ts';

test('what the package carries is taken while its sources are those that it was made from', async (t) => {
  const copy = await copyPackage();
  t.teardown(copy.remove);
  const folder = join(copy.folder, 'prebuilt', 'mips');
  await mkdir(folder, { recursive: true });
  const built = await buildHelper({ arch: 'x86_64' });
  const program = await readFile(built.path);
  await writeFile(join(folder, 'overlay_helper'), program);
  await copyFile(built.verbs.path, join(folder, 'overlay_helper.verbs'));
  const index = {
    sources: await sourcesDigest(copy.folder),
    helpers: { mips: sha256(program) },
    verbs: built.verbs.sha256,
  };
  const write = (one: unknown) => writeFile(join(copy.folder, 'prebuilt', 'index.json'), JSON.stringify(one));
  await write(index);
  t.is(await findPrebuilt('mips', copy.folder), join(folder, 'overlay_helper'));
  t.is(await findPrebuilt('armel', copy.folder), undefined);
  // No compiler, no engine, no network: the package alone.
  const module = `import { buildHelper } from './src/toolchain/helper.ts';
    console.log((await buildHelper({ arch: 'mips' })).path);`;
  const alone = { OVL_QUICKJS_SOURCE: '/nowhere', OVL_CACHE: join(copy.folder, 'empty') };
  t.is(await copy.run(module, alone), join(folder, 'overlay_helper'));
  await t.throwsAsync(() => copy.run(module, { ...alone, CROSS_COMPILE: '/nowhere/x-' }), {
    message: /OVL451/,
  });

  for (const broken of [
    {},
    null,
    { sources: 7 },
    { ...index, sources: 'x' },
    { ...index, helpers: { mips: 'x' } },
    { ...index, verbs: 'x' },
    { sources: index.sources, helpers: index.helpers },
  ]) {
    await write(broken);
    t.is(await findPrebuilt('mips', copy.folder), undefined, JSON.stringify(broken));
  }
  await write(index);
  await truncate(join(folder, 'overlay_helper.verbs'), built.verbs.bytes - 1);
  t.is(await findPrebuilt('mips', copy.folder), undefined, 'verbs that are cut short');
  await copyFile(built.verbs.path, join(folder, 'overlay_helper.verbs'));
  t.is(await findPrebuilt('mips', copy.folder), join(folder, 'overlay_helper'));
  await appendFile(join(copy.folder, 'src/helper/enter.ts'), '// changed\n');
  t.is(await findPrebuilt('mips', copy.folder), undefined);
});
