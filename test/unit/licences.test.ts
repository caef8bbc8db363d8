import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Metafile } from 'esbuild';
import { bundledPackages, licencesText } from '../../src/toolchain/licences.ts';

/** A folder with files; the package.json of a package is made where the files have none. */
async function packages(t: ExecutionContext, files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'ovl-licences-'));
  t.teardown(() => rm(root, { recursive: true, force: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
}

function metafile(...outputs: readonly (readonly string[])[]): Pick<Metafile, 'outputs'> {
  const input = { bytesInOutput: 1 };
  return {
    outputs: Object.fromEntries(
      outputs.map((paths, index) => [
        `dist/${index}.js`,
        {
          bytes: 1,
          imports: [],
          exports: [],
          inputs: Object.fromEntries(paths.map((path) => [path, input])),
        },
      ]),
    ),
  };
}

test('the packages of a bundle: each once, scoped and nested ones too, and none of our files', (t) => {
  const folders = bundledPackages(
    metafile(
      ['src/cli/main.ts', 'node_modules/b/x.js', 'node_modules/b/lib/y.js'],
      ['node_modules/@a/one/x.js', 'node_modules/b/node_modules/@a/one/x.js', 'node_modules/b/x.js'],
      ['src/node_modules.ts'],
    ),
  );
  t.deepEqual(folders, ['node_modules/@a/one', 'node_modules/b', 'node_modules/b/node_modules/@a/one']);
});

test('name, version and text of each, in an order that does not depend on where npm has put them', async (t) => {
  const mit = 'MIT License\n\nPermission is hereby granted';
  const files = {
    'node_modules/b/package.json': '{ "name": "b", "version": "1.2.3", "license": "MIT" }',
    'node_modules/b/license': `\n${mit}\n`,
    'node_modules/b/node_modules/a/package.json': '{ "name": "a", "version": "2.0.0" }',
    'node_modules/b/node_modules/a/NOTICE.txt': 'Copyright a',
    'node_modules/b/node_modules/a/LICENSE.md': 'Apache License',
  };
  const root = await packages(t, files);
  const folders = ['node_modules/b', 'node_modules/b/node_modules/a'];
  const text = await licencesText(root, folders);
  t.is(await licencesText(root, folders.toReversed()), text);
  const [, ...parts] = text.split(/^=+\n/m);
  t.deepEqual(parts, ['a 2.0.0\n', '\nApache License\n\nCopyright a\n\n', 'b 1.2.3 (MIT)\n', `\n${mit}\n`]);
});

test('a package without a licence text ends the build: none, an empty one, a notice alone', async (t) => {
  const root = await packages(t, {
    'node_modules/none/package.json': '{ "name": "none", "version": "1.0.0", "license": "MIT" }',
    'node_modules/none/licensing.js': 'export {};',
    'node_modules/empty/package.json': '{ "name": "empty", "version": "2.0.0" }',
    'node_modules/empty/COPYING': '\n',
    'node_modules/notice/package.json': '{ "name": "notice", "version": "3.0.0" }',
    'node_modules/notice/NOTICE': 'Copyright notice',
    'node_modules/good/package.json': '{ "name": "good", "version": "4.0.0" }',
    'node_modules/good/LICENCE': 'Do as you like',
  });
  const folders = ['none', 'empty', 'notice', 'good'].map((name) => `node_modules/${name}`);
  const { message } = await t.throwsAsync(licencesText(root, folders));
  t.regex(message, /^no licence text in none 1\.0\.0 \(MIT\), empty 2\.0\.0, notice 3\.0\.0: /);
});
