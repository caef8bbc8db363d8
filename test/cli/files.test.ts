import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { testAsRoot } from '../support/needs.ts';
import { folder, goodBoard, ovl, ovlEnvironment, ovlPath } from '../support/ovl.ts';

/** Every command that reads a file, up to where the file's name goes. */
const readers: readonly (readonly string[])[] = [
  ['check'],
  ['plan'],
  ['build', '-o', 'out'],
  ['lab'],
  ['inspect'],
];

test('a file that is not there', async (t) => {
  const cwd = await folder(t, { file: '' });
  for (const words of readers) {
    for (const name of ['none', 'file/none', 'none/none']) {
      const ran = await ovl([...words, name], { cwd });
      t.is(ran.exitCode, 4);
      t.regex(ran.stderr, new RegExp(`^error\\[OVL420\\]: "${name}" does not exist\n {3}because {2}ENO`));
    }
  }
  t.deepEqual(await readdir(cwd), ['file']);
});

test('a folder in place of a file', async (t) => {
  const cwd = await folder(t);
  await mkdir(join(cwd, 'x'));
  for (const words of readers) {
    const ran = await ovl([...words, 'x'], { cwd });
    t.is(ran.exitCode, 4);
    t.regex(ran.stderr, /^error\[OVL422\]: "x" is a folder/);
  }
});

test('a name longer than any file system takes, and links in a circle', async (t) => {
  const cwd = await folder(t);
  await execa('ln', ['-s', 'a', 'a'], { cwd });
  for (const name of ['x'.repeat(300), 'a']) {
    const ran = await ovl(['check', name], { cwd });
    t.is(ran.exitCode, 4);
    t.regex(ran.stderr, /^error\[OVL427\].*\n {3}because {2}E(NAMETOOLONG|LOOP)/);
  }
});

testAsRoot('a file that may not be read', async (t) => {
  const cwd = await folder(t, { 'x.yaml': goodBoard });
  await execa('chmod', ['0', 'x.yaml'], { cwd });
  await execa('chmod', ['755', cwd]);
  for (const words of readers) {
    const argv = [process.execPath, ovlPath, ...words, 'x.yaml'];
    const ran = await execa('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', ...argv], {
      cwd,
      reject: false,
      extendEnv: false,
      env: ovlEnvironment(),
    });
    t.is(ran.exitCode, 4, ran.stderr);
    t.regex(ran.stderr, /^error\[OVL421\]: "x\.yaml" may not be read\n {3}because {2}EACCES/);
  }
});

test('a device that never ends is refused at its limit', async (t) => {
  for (const [words, code] of [
    [['check', '/dev/zero'], 'OVL423'],
    [['inspect', '/dev/zero'], 'OVL423'],
    [['check', '/dev/null'], 'OVL1'],
    [['inspect', '/dev/null'], 'OVL302'],
  ] as const) {
    const ran = await ovl(words);
    t.true(ran.stderr.includes(`[${code}`), `${words.join(' ')}: ${ran.stderr}`);
  }
});

test('a board file can come through a pipe', async (t) => {
  const { stdout } = await execa(
    'sh',
    ['-c', 'cat | "$0" "$@" /dev/stdin', process.execPath, ovlPath, 'check'],
    {
      input: goodBoard,
    },
  );
  t.is(stdout, '0 errors, 0 warnings in /dev/stdin');
});
