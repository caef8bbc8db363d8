import test, { type ExecutionContext } from 'ava';
import { execa } from 'execa';
import { testWith } from '../support/needs.ts';
import { projectFiles } from '../support/project-files.ts';

const files = await projectFiles();
const scripts = files.filter((path) => path.endsWith('.sh') || path === '.ci/run');

/** Runs a checker, which says nothing where nothing is wrong. */
async function clean(t: ExecutionContext, command: string, args: readonly string[]): Promise<void> {
  // ava asks for colours, which would make the failure unreadable where they are shown as text.
  const { PATH = '', HOME = '/' } = process.env;
  const { exitCode, all } = await execa(command, args, {
    preferLocal: true,
    reject: false,
    all: true,
    extendEnv: false,
    env: { PATH, HOME },
  });
  t.is(exitCode, 0, all);
}

test.serial('biome finds nothing', async (t) =>
  clean(t, 'biome', ['ci', '--error-on-warnings', '--colors=off', '--max-diagnostics=10', '.']),
);

test.serial('the types hold', async (t) => clean(t, 'tsc', ['--noEmit']));

testWith('shellcheck')('shellcheck finds nothing', async (t) => {
  t.true(scripts.length > 3);
  await clean(t, 'shellcheck', scripts);
});

testWith('shfmt')('shell scripts are laid out alike', async (t) => clean(t, 'shfmt', ['-d', ...scripts]));
