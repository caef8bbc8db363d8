import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { requireTool } from '../../src/system/tools.ts';
import { documentOf, ovl, ovlEnvironment, ovlPath } from '../support/ovl.ts';
import { ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';
import { password } from '../support/ssh-servers.ts';

interface Facts {
  readonly kernel: { readonly release: { readonly kind: string; readonly because?: string } };
  readonly machine: { readonly arch: object; readonly clock: object };
  readonly programs: { readonly found: { readonly value?: readonly { readonly name: string }[] } };
  readonly paths: object;
}

for (const kind of ['dropbear', 'openssh'] as const) {
  testOnServer(`${kind}: probe logs in with a key, and the facts are one document`, async (t) => {
    const server = await serverFor(t, { kind });
    const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts });
    // What a login says first, on the same stream, in another language, with what a terminal would act on.
    await writeFile(
      join(server.folder, 'home', '.ssh', 'rc'),
      'echo "Willkömmen \\033[2J"; echo "x begin y"\n',
    );
    const words = ['--ssh-config', configFile, '--identity', server.identity, '--port', String(server.port)];
    const ran = await ovl(['probe', 'root@127.0.0.1', '--json', '--connect-timeout', '20s', ...words], {
      env: { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8' },
    });
    t.is(ran.exitCode, 0, ran.stderr);
    const { facts } = documentOf(t, ran) as unknown as { facts: Facts };
    t.is(facts.kernel.release.kind, 'known');
    t.true(facts.programs.found.value?.some(({ name }) => name === 'mount'));

    const byEnvironment = await ovl(['probe', ...words], { env: { OVL_HOST: 'root@127.0.0.1' } });
    t.is(byEnvironment.exitCode, 0, byEnvironment.stderr);
    t.regex(byEnvironment.stdout, /^user {8}root$/m);
    t.false(byEnvironment.stdout.includes('Willk'));
  });
}

testOnServer(
  'a root without dd, cat, stat and digests: what can be read is, and the rest says why not',
  async (t) => {
    const server = await serverFor(t, {
      kind: 'dropbear',
      without: ['cat', 'dd', 'sha256sum', 'stat', 'tar'],
    });
    const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
    const host = `board@127.0.0.1:${server.port}`;
    const ran = await ovl(['probe', host, '--ssh-config', configFile]);
    t.is(ran.exitCode, 0, ran.stderr);
    t.regex(ran.stdout, /^kernel {6}\d+\.\d+/m);
    t.regex(ran.stdout, /^programs of unknown: dd is not on the board/m);
    t.regex(ran.stdout, /^programs .* not there: cat dd .*sha256sum stat .*tar/m);
    t.regex(ran.stdout, /free$/m, 'df stands in for stat');
    const init = await ovl(['init', '--from-device', host, '--ssh-config', configFile]);
    t.is(init.exitCode, 2);
    t.regex(init.stderr, /not given: .*arch, root/);
  },
);

testOnServer(
  'an unknown key is nobody’s to accept in a script; the right fingerprint is, a wrong one is not',
  async (t) => {
    const server = await serverFor(t, { kind: 'openssh' });
    const { configFile, knownHostsFile } = await ownSsh(t, { identity: server.identity });
    const line = join(server.folder, 'key');
    await writeFile(line, server.knownHosts);
    const { stdout } = await execa('ssh-keygen', ['-l', '-f', line]);
    const fingerprint = /SHA256:\S+/.exec(stdout)?.[0] ?? '';
    const words = ['probe', `root@127.0.0.1:${server.port}`, '--ssh-config', configFile];

    const unknown = await ovl(words);
    t.is(unknown.exitCode, 5);
    t.regex(unknown.stderr, /OVL510/);
    t.regex(unknown.stderr, /nothing was changed/);
    const wrong = await ovl([...words, '--host-key', `SHA256:${'A'.repeat(43)}`]);
    t.is(wrong.exitCode, 5);
    t.regex(wrong.stderr, /OVL513/);
    const right = await ovl([...words, '--host-key', fingerprint]);
    t.is(right.exitCode, 0, right.stderr);
    t.is(await readFile(knownHostsFile, 'utf8'), '');
  },
);

/** The same on a terminal, where somebody types. */
async function typed(command: readonly string[], answers: readonly (readonly [RegExp, string])[]) {
  const line = [process.execPath, ovlPath, ...command].map((word) => `'${word}'`).join(' ');
  const child = execa(requireTool('script'), ['-qec', line, '/dev/null'], {
    extendEnv: false,
    env: { ...ovlEnvironment(), TERM: 'dumb', SHELL: '/bin/sh' },
    reject: false,
    timeout: 60_000,
    stdin: 'pipe',
    all: true,
  });
  let shown = '';
  const left = [...answers];
  child.all.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
    const [next] = left;
    if (next === undefined || !next[0].test(shown)) return;
    left.shift();
    child.stdin.write(next[1]);
  });
  const { exitCode } = await child;
  return { shown, exitCode, unasked: left.length };
}

testOnServer(
  'on a terminal: the fingerprint is shown and asked about, and a password is not shown',
  async (t) => {
    const server = await serverFor(t, { kind: 'openssh' });
    const { configFile, knownHostsFile } = await ownSsh(t);
    const words = ['probe', `root@127.0.0.1:${server.port}`, '--ssh-config', configFile];

    const refused = await typed(words, [[/Is this the board[^\n]*: $/, 'no\n']]);
    t.is(refused.exitCode, 5, refused.shown);
    t.regex(refused.shown, /SHA256:\S{43}/);
    t.is(await readFile(knownHostsFile, 'utf8'), '');

    const accepted = await typed(words, [
      [/Is this the board[^\n]*: $/, 'yes\n'],
      [/Password of root@127\.0\.0\.1: $/, `${password}\n`],
    ]);
    t.is(accepted.exitCode, 0, accepted.shown);
    t.is(accepted.unasked, 0);
    t.regex(accepted.shown, /^kernel /m);
    t.false(accepted.shown.includes(password));
    t.regex(await readFile(knownHostsFile, 'utf8'), /ssh-ed25519/);

    const beforehand = await typed(
      [...words, '--ask-password'],
      [[/Password for [^\n]*: $/, `${password}\n`]],
    );
    t.is(beforehand.exitCode, 0, beforehand.shown);
    t.false(beforehand.shown.includes(password));
  },
);

testOnServer('a login without a shell is an unsuitable board', async (t) => {
  const server = await serverFor(t, { kind: 'dropbear' });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
  const keys = join(server.folder, 'home', '.ssh', 'authorized_keys');
  await writeFile(keys, `command="echo Router menu: 1 2 3" ${await readFile(keys, 'utf8')}`);
  const ran = await ovl(['probe', `root@127.0.0.1:${server.port}`, '--ssh-config', configFile]);
  t.is(ran.exitCode, 6, ran.stderr);
  t.regex(ran.stderr, /OVL601\]: what answers runs no shell script/);
  t.regex(ran.stderr, /Router menu: 1 2 3/);
});
