/** The helper is written in the part of the language that its engine is linked with; the compiler sees to it. */
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { packageRoot } from '../../src/system/package-root.ts';

const compiler = join(packageRoot(), 'node_modules/.bin/tsc');

test('the helper compiles against builtins.d.ts alone', async (t) => {
  const { exitCode, stdout } = await execa(compiler, ['-p', join(packageRoot(), 'src/helper')], {
    reject: false,
  });
  t.is(stdout, '');
  t.is(exitCode, 0);
});

test('what is not linked is an error', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-language-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  await mkdir(join(folder, 'src'));
  for (const name of ['src/helper', 'src/shared', 'tsconfig.json']) {
    await cp(join(packageRoot(), name), join(folder, name), { recursive: true });
  }
  const wrong: Readonly<Record<string, string>> = {
    date: 'export const a = Date.now();',
    regexp: 'export const a = (text: string) => /x/.test(text);',
    match: 'export const a = (text: string) => text.match("x");',
    bytes: 'export const a = new Uint8Array(4);',
    promise: 'export const a = async () => 1;',
    generator: 'export function* a() { yield 1; }',
    json: 'export const a = JSON.stringify(1);',
    map: 'export const a = new Map();',
    node: 'import { readFileSync } from "node:fs"; export const a = readFileSync;',
    console: 'console.log(1);',
  };
  for (const [name, text] of Object.entries(wrong))
    await writeFile(join(folder, `src/helper/x-${name}.ts`), text);
  const { stdout } = await execa(compiler, ['-p', join(folder, 'src/helper')], { reject: false });
  const found = Object.keys(wrong).filter((name) => stdout.includes(`x-${name}.ts(1,`));
  t.deepEqual(found, Object.keys(wrong), stdout);
});
