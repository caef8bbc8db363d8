import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { blockedBy } from '../../src/lab/sandbox/available.ts';
import { kernelWords } from '../../src/lab/sandbox/kernel-words.ts';
import { consoleScript, setupScript } from '../../src/lab/sandbox/setup.ts';

test("words that no kernel can be given are refused, and its own are not init's", (t) => {
  for (const word of ['a\nb', 'a"b', 'a\0b']) t.throws(() => kernelWords([word]), { instanceOf: RangeError });
  const { cmdline, environment, initArguments } = kernelWords([
    'single',
    'ro',
    'init=/x',
    'a.b',
    'a.b=c',
    'd=e.f',
  ]);
  t.is(cmdline, 'single ro init=/x a.b a.b=c d=e.f');
  t.deepEqual([environment, initArguments], [['d=e.f'], ['single']]);
});

test('the setting that keeps users from making namespaces is named', (t) => {
  const reads = (settings: Record<string, string>) => blockedBy((name) => settings[name]);
  t.is(reads({ 'user.max_user_namespaces': '10000' }), undefined);
  for (const [name, value, free] of [
    ['user.max_user_namespaces', '0', '10000'],
    ['kernel.unprivileged_userns_clone', '0', '1'],
    ['kernel.apparmor_restrict_unprivileged_userns', '1', '0'],
  ] as const) {
    const found = reads({ [name]: value });
    t.is(found?.code, 'OVL431');
    t.regex(found?.because ?? '', new RegExp(name));
    t.regex(found?.fix ?? '', new RegExp(`^sysctl -w ${name}=${free} `));
  }
});

test('the set-up scripts are clean for shellcheck', async (t) => {
  const work = await mkdtemp(join(tmpdir(), 'ovl-test-scripts-'));
  t.teardown(() => rm(work, { recursive: true, force: true }));
  for (const [name, script] of Object.entries({ consoleScript, setupScript })) {
    const path = join(work, `${name}.sh`);
    await writeFile(path, `#!/bin/sh\n${script}`);
    const run = await execa('shellcheck', ['--shell=sh', '--exclude=SC2154,SC2016', path], { reject: false });
    t.is(run.stdout, '', name);
  }
});
