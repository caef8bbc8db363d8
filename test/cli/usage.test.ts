import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { commands } from '../../src/cli/commands.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { matchesGolden } from '../support/golden.ts';
import { documentOf, folder, goodBoard, ovl } from '../support/ovl.ts';

test('ovl alone, -h, --help and help print the same overview, to stdout, and exit with 0', async (t) => {
  const alone = await ovl([]);
  t.deepEqual({ ...alone, stdout: '' }, { stdout: '', stderr: '', exitCode: 0 });
  await matchesGolden(t, 'cli/overview.txt', alone.stdout);
  for (const words of [['-h'], ['--help'], ['help']]) t.deepEqual(await ovl(words), alone);
});

test('every command has help: its purpose, examples first, exit codes', async (t) => {
  for (const { name, summary } of commands) {
    const help = await ovl([name, '--help']);
    t.is(help.exitCode, 0);
    t.is(help.stderr, '');
    t.true(help.stdout.startsWith(`ovl ${name}: ${summary}\n\nExamples\n  `), help.stdout);
    t.regex(help.stdout, /\nUsage\n {2}ovl /);
    t.regex(help.stdout, /\nExit codes\n {2}0 {4}ok\n/);
    t.true(help.stdout.split('\n').every((line) => line.length <= 125));
    t.deepEqual(await ovl(['help', name]), help);
    t.deepEqual(await ovl([name, '-h']), help);
  }
});

test('the version is that of package.json', async (t) => {
  const { version } = JSON.parse(await readFile(join(packageRoot(), 'package.json'), 'utf8')) as {
    version: string;
  };
  t.deepEqual(await ovl(['--version']), { stdout: `${version}\n`, stderr: '', exitCode: 0 });
});

const mistakes: readonly (readonly [string, readonly string[], RegExp])[] = [
  [
    'an unknown command',
    ['chekc', 'x.yaml'],
    /^error\[OVL001\]: unknown command 'chekc'\n {3}fix {6}check {3}\(did you mean this\?\)/,
  ],
  ['a command that is like none', ['frobnicate'], /^error\[OVL001\].*\n {3}fix {6}ovl --help/],
  ['help for an unknown command', ['help', 'chekc'], /^error\[OVL001\]/],
  [
    'an unknown option',
    ['check', '--strct', 'x.yaml'],
    /^error\[OVL002\]: unknown option '--strct'\n {3}fix {6}--strict/,
  ],
  [
    'an unknown general option',
    ['--quite', 'check'],
    /^error\[OVL002\]: unknown option '--quite'\n {3}fix {6}--quiet/,
  ],
  [
    'a missing argument',
    ['check'],
    /^error\[OVL003\]: missing required argument 'BOARD'\n {3}fix {6}ovl check --help/,
  ],
  ['an argument too many', ['inspect', 'a', 'b'], /^error\[OVL003\]: too many arguments/],
  [
    'an option without its value',
    ['build', 'x.yaml', '-o'],
    /^error\[OVL004\]: option '-o, --output <DIR>' argument missing/,
  ],
  [
    'a value that is no choice',
    ['check', '--reporter', 'xml', 'x.yaml'],
    /^error\[OVL004\]: .*'xml' is invalid.*human, gcc, github/,
  ],
  [
    'a colour that is no choice',
    ['--color', 'blue', 'check', 'x.yaml'],
    /^error\[OVL004\]: .*'blue' is invalid/,
  ],
  [
    'a shell without completion',
    ['completion', 'tcsh'],
    /^error\[OVL004\]: there is no completion for "tcsh"\n {3}fix {6}bash, zsh, fish/,
  ],
  ['nothing to explain', ['explain', 'OVL99'], /^error\[OVL004\]: nothing is known of "OVL99"/],
  [
    'an image without a place for it',
    ['image', 'r.img', '--board', 'x'],
    /^error\[OVL005\]: no place is given/,
  ],
  [
    'an image without a bundle',
    ['image', 'r.img', '-o', 'x'],
    /^error\[OVL005\]: exactly one of --board and --bundle/,
  ],
  [
    'a bundle without its helper',
    ['image', 'r.img', '-o', 'x', '--bundle', 'b', '--no-helper'],
    /^error\[OVL005\]: --no-helper goes with --board/,
  ],
  [
    'a shell and a command',
    ['lab', 'x.yaml', '--shell', '--run', 'ls'],
    /^error\[OVL005\]: --shell goes neither/,
  ],
  [
    'a timeout that is no time',
    ['lab', 'x.yaml', '--timeout', 'soon'],
    /^error\[OVL004\]: --timeout is "soon"/,
  ],
  [
    'questions without a terminal',
    ['init'],
    /^error\[OVL006\]: not given: name, arch, kernel, root, storage\n {3}fix {6}--name NAME --arch x86_64\|/,
  ],
];

for (const [what, words, expected] of mistakes) {
  test(`${what} is a usage error: nothing on stdout, exit code 2`, async (t) => {
    const ran = await ovl(words);
    t.is(ran.exitCode, 2);
    t.is(ran.stdout, '');
    t.regex(ran.stderr, expected);
    const json = await ovl(['--json', ...words]);
    t.is(json.exitCode, 2);
    t.is(documentOf(t, json).ok, false);
  });
}

test('general options are understood before and after the command', async (t) => {
  const cwd = await folder(t, { 'x.yaml': goodBoard });
  const expected = await ovl(['check', 'x.yaml', '--json'], { cwd });
  t.is(expected.exitCode, 0);
  t.deepEqual(await ovl(['--json', 'check', 'x.yaml'], { cwd }), expected);
  t.deepEqual(await ovl(['check', '--json', '-C', cwd, 'x.yaml']), expected);
  t.deepEqual(await ovl(['-C', cwd, 'check', 'x.yaml', '--json']), expected);
});

test('-- ends the options', async (t) => {
  const cwd = await folder(t, { '--json': goodBoard });
  t.is((await ovl(['check', '--', '--json'], { cwd })).stdout, '0 errors, 0 warnings in --json\n');
});

test('a folder that -C names and that is not there is said so', async (t) => {
  const ran = await ovl(['-C', 'nowhere', 'schema'], { cwd: await folder(t) });
  t.is(ran.exitCode, 4);
  t.regex(ran.stderr, /^error\[OVL420\]: "nowhere" does not exist/);
});

test('npx ovl works in the checkout as npm ci leaves it', async (t) => {
  const { bin } = JSON.parse(await readFile(join(packageRoot(), 'package.json'), 'utf8')) as {
    bin: { ovl: string };
  };
  const direct = await execa(join(packageRoot(), bin.ovl), ['--version']);
  // npx links the checkout into its cache, which another checkout's must not disturb, and runs its `prepare`: that would put
  // another dist/ under the commands that other tests run at this moment.
  const env = { npm_config_cache: await folder(t), npm_config_ignore_scripts: 'true' };
  const npx = await execa('npx', ['--no', '--', 'ovl', '--version'], { cwd: packageRoot(), env });
  t.is(npx.stdout, direct.stdout);
});
