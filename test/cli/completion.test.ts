import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { commands } from '../../src/cli/commands.ts';
import { testWith } from '../support/needs.ts';
import { folder, ovl } from '../support/ovl.ts';

const names = commands.map((command) => command.name);

/** What a shell is asked, and what it has to offer; names in the folder are "alpha.yaml", "beta.tar" and "sub/". */
const cases: readonly (readonly [words: readonly string[], offered: readonly string[]])[] = [
  [
    ['ovl', ''],
    [...names, 'help'],
  ],
  [
    ['ovl', 'in'],
    ['init', 'inspect'],
  ],
  [['ovl', '--js'], ['--json']],
  [['ovl', 'check', '--st'], ['--strict']],
  [
    ['ovl', 'check', '--reporter', ''],
    ['human', 'gcc', 'github'],
  ],
  [
    ['ovl', 'completion', ''],
    ['bash', 'zsh', 'fish'],
  ],
  [['ovl', 'explain', 'find-st'], ['find-storage']],
  [['ovl', 'check', 'al'], ['alpha.yaml']],
  [['ovl', 'lab', '--machine', 'sand'], ['sandbox']],
];

async function scriptIn(t: ExecutionContext, shell: string): Promise<string> {
  const cwd = await folder(t, { 'alpha.yaml': '', 'beta.tar': '' });
  await mkdir(join(cwd, 'sub'));
  const { stdout, stderr, exitCode } = await ovl(['completion', shell]);
  t.is(exitCode, 0);
  t.is(stderr, '');
  await writeFile(join(cwd, `script.${shell}`), stdout);
  return cwd;
}

testWith('bash')('bash completes commands, options, values and files', async (t) => {
  const cwd = await scriptIn(t, 'bash');
  // compopt works only while bash itself completes.
  const ask = `compopt() { :; }; . ./script.bash
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _ovl; printf '%s\\n' "\${COMPREPLY[@]}"`;
  for (const [words, offered] of cases) {
    const { stdout, stderr } = await execa('bash', ['-c', ask, 'bash', ...words], { cwd });
    t.is(stderr, '');
    t.deepEqual(stdout.split('\n').toSorted(), offered.toSorted(), words.join(' '));
  }
  const folders = await execa('bash', ['-c', ask, 'bash', 'ovl', '-C', ''], { cwd });
  t.is(folders.stdout, 'sub');
});

testWith('bash', 'shellcheck')('the bash script is clean and is loaded by "complete"', async (t) => {
  const cwd = await scriptIn(t, 'bash');
  await execa('shellcheck', ['--shell=bash', 'script.bash'], { cwd });
  const { stdout } = await execa('bash', ['-c', '. ./script.bash; complete -p ovl'], { cwd });
  t.is(stdout, 'complete -F _ovl ovl');
});

testWith('fish')('fish completes commands, options, values and files', async (t) => {
  const cwd = await scriptIn(t, 'fish');
  for (const [words, offered] of cases) {
    const ask = 'source ./script.fish; complete -C "$argv"';
    const env = { HOME: cwd, XDG_CONFIG_HOME: cwd, XDG_DATA_HOME: cwd };
    const { stdout } = await execa('fish', ['-c', ask, words.join(' ')], { cwd, env });
    const found = stdout.split('\n').map((line) => line.split('\t')[0] ?? '');
    t.deepEqual(found.toSorted(), offered.toSorted(), words.join(' '));
  }
});

testWith('zsh')('zsh hands its completion system what the table has', async (t) => {
  const cwd = await scriptIn(t, 'zsh');
  // zsh completes only on a terminal, so its two helpers are replaced by ones that say what they were given.
  const ask = `compdef() { :; }
    _describe() { print -l -- "\${(@)commands}"; }
    _arguments() { if [[ -n $stage ]]; then state=$stage line=($word) stage=; else print -l -- "$@"; fi; }
    . ./script.zsh
    stage=$1 word=$2; _ovl`;
  const run = async (...words: string[]): Promise<readonly string[]> =>
    (await execa('zsh', ['-f', '-c', ask, 'zsh', ...words], { cwd })).stdout.split('\n');
  t.deepEqual(
    (await run('command')).map((one) => one.split(':')[0]),
    names,
  );
  const check = await run('words', 'check');
  t.true(check.includes('*--strict[exit with 1 where there are warnings]'), check.join('\n'));
  t.true(check.includes('*--reporter[form of the problems]:value:(human gcc github)'));
  t.true(check.includes('*:argument:_files'));
  t.true((await run('words', 'completion')).includes('1:argument:(bash zsh fish)'));
  await execa('zsh', ['-n', 'script.zsh'], { cwd });
});
