import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { commandLine, longestLine } from '../../src/device/command-line.ts';
import { program, script, succeeded } from '../../src/device/device.ts';
import { connectDevice } from '../../src/device/ssh/ssh-device.ts';
import { formatDiagnostics } from '../../src/diagnostics/format.ts';
import { connected, diagnosticOf, ownSsh, person, serverFor, testOnServer } from '../support/ssh-client.ts';
import { password } from '../support/ssh-servers.ts';

for (const kind of ['dropbear', 'openssh'] as const) {
  testOnServer(`${kind}: key, password, no password at all; commands with stdin`, async (t) => {
    const server = await serverFor(t, { kind, ...(kind === 'dropbear' ? { words: ['-B'] } : {}) });
    const withKey = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
    const withoutKey = await ownSsh(t, { knownHosts: server.knownHosts });

    const byKey = await connected(t, `root@127.0.0.1:${server.port}`, { configFile: withKey.configFile });
    t.regex(byKey.server.software, kind === 'dropbear' ? /^dropbear_/ : /^OpenSSH_/);
    const long = script(`${'#\n'.repeat(2000)}echo "$1"; wc -c`, "it's");
    const { stdout } = await byKey.run(long, { stdin: new Uint8Array(3_000_000) });
    t.deepEqual(stdout.toString().split(/\s+/).slice(0, 3), ["it's", '3000000', '']);
    const longest = longestLine(byKey.server.software);
    const filled = (bytes: number) => script(`echo whole\n#${'x'.repeat(bytes)}`);
    const room = longest - Buffer.byteLength(commandLine(filled(0), longest).line);
    for (const [bytes, way] of [
      [room, 'line'],
      [room + 1, 'stdin'],
    ] as const) {
      t.is(commandLine(filled(bytes), longest).preamble.length === 0, way === 'line');
      t.is((await byKey.run(filled(bytes))).stdout.toString(), 'whole\n', way);
    }
    t.deepEqual((await byKey.run(script('exit 7'))).ending, { kind: 'exited', code: 7 });
    t.deepEqual((await byKey.run(script('kill -TERM $$'))).ending, { kind: 'killed', signal: 'TERM' });
    const many = await Promise.all([1, 2, 3, 4].map((n) => byKey.run(program('echo', String(n)))));
    t.is(many.map((one) => one.stdout.toString()).join(''), '1\n2\n3\n4\n');

    const { asked, secret } = person('wrong', password);
    const byPassword = await connected(t, `ssh://root@127.0.0.1:${server.port}`, {
      configFile: withoutKey.configFile,
      questions: { secret },
    });
    t.true(succeeded(await byPassword.run(program('true'))));
    t.deepEqual(
      asked.map(({ kind: what, echo, attempt }) => ({ what, echo, attempt })),
      [
        { what: 'password', echo: false, attempt: 1 },
        { what: 'password', echo: false, attempt: 2 },
      ],
    );

    const given = await connected(t, `root@127.0.0.1:${server.port}`, {
      configFile: withoutKey.configFile,
      password,
    });
    t.true(succeeded(await given.run(program('true'))));
    await connected(t, `empty@127.0.0.1:${server.port}`, { configFile: withoutKey.configFile });
  });
}

testOnServer(
  'a refused login stops at three passwords, and names what was tried without the secrets',
  async (t) => {
    const server = await serverFor(t, { kind: 'openssh' });
    const { configFile, folder } = await ownSsh(t, { knownHosts: server.knownHosts, identity: 'KEY' });
    const other = join(folder, 'other');
    const locked = join(folder, 'locked');
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', other]);
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'open sesame', '-f', locked]);
    await writeFile(join(folder, 'putty'), 'nonsense\n');
    const config = (await readFile(configFile, 'utf8')).replace(
      'IdentityFile KEY',
      ['putty', 'other', 'other.pub', 'locked']
        .map((name) => `IdentityFile ${join(folder, name)}`)
        .join('\n'),
    );
    await writeFile(configFile, config);
    const { asked, secret } = person('not it', 'nor this', undefined, 'guess1', 'guess2', 'guess3', 'guess4');
    const diagnostic = await diagnosticOf(
      connectDevice(`root@127.0.0.1:${server.port}`, { configFile, questions: { secret } }),
    );
    t.is(diagnostic.code, 'OVL520');
    t.is(diagnostic.boardState, 'unchanged');
    t.deepEqual(
      asked.map((one) => one.kind),
      ['passphrase', 'passphrase', 'passphrase', 'password', 'password', 'password'],
    );
    const { stdout } = await execa('ssh-keygen', ['-lf', `${other}.pub`]);
    const rows = (diagnostic.because ?? '').split('\n');
    t.true(rows.includes(`${other} ED25519 ${stdout.split(' ')[1]}: refused`), diagnostic.because);
    t.true(rows.some((row) => row.startsWith(`${join(folder, 'putty')}: skipped: it is no private key`)));
    t.true(rows.some((row) => row.startsWith(`${locked}: skipped: it is encrypted, and its passphrase`)));
    t.is(rows.filter((row) => row === 'password: refused').length, 3);
    t.notRegex(formatDiagnostics([diagnostic]), /guess|not it|nor this|sesame/);
  },
);

testOnServer(
  'encrypted keys, with the passphrase asked once, and again only where it was wrong',
  async (t) => {
    const server = await serverFor(t, { kind: 'dropbear' });
    const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
    await execa('ssh-keygen', ['-q', '-p', '-P', '', '-N', 'open sesame', '-f', server.identity]);
    const { asked, secret } = person('wrong', 'open sesame');
    const device = await connected(t, `root@127.0.0.1:${server.port}`, { configFile, questions: { secret } });
    t.true(succeeded(await device.run(program('true'))));
    t.deepEqual(
      asked.map((one) => one.kind),
      ['passphrase', 'passphrase'],
    );
  },
);

testOnServer('the agent: its keys, and only those named where IdentitiesOnly says so', async (t) => {
  const server = await serverFor(t, { kind: 'openssh' });
  const { configFile, folder } = await ownSsh(t, { knownHosts: server.knownHosts });
  const socket = join(folder, 'agent');
  const agent = execa('ssh-agent', ['-D', '-a', socket], { reject: false });
  t.teardown(() => {
    agent.kill();
    return agent;
  });
  const env = { SSH_AUTH_SOCK: socket };
  for (let turn = 0; turn < 50; turn++) {
    const { exitCode } = await execa('ssh-add', ['-q', server.identity], {
      env,
      reject: false,
      stdin: 'ignore',
    });
    if (exitCode === 0) break;
  }
  const config = (await readFile(configFile, 'utf8')).replace(
    'IdentityAgent none',
    `IdentityAgent ${socket}`,
  );
  await writeFile(configFile, config);
  const device = await connected(t, `root@127.0.0.1:${server.port}`, { configFile });
  t.true(succeeded(await device.run(program('true'))));
  await writeFile(configFile, `IdentitiesOnly yes\n${config}`);
  const refusedLogin = await diagnosticOf(connectDevice(`root@127.0.0.1:${server.port}`, { configFile }));
  t.is(refusedLogin.code, 'OVL520');
  t.notRegex(refusedLogin.because ?? '', /agent/);
  // The public half is enough to name it.
  await writeFile(
    configFile,
    `IdentitiesOnly yes\n${config.replace('IdentityFile none', `IdentityFile ${server.identity}.pub`)}`,
  );
  await connected(t, `root@127.0.0.1:${server.port}`, { configFile });
});

testOnServer('what ssh reaches by an alias, a jump host or a ProxyCommand is reached', async (t) => {
  const server = await serverFor(t, { kind: 'openssh' });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
  const hosts = [
    `Host board\n  HostName 127.0.0.1\n  Port ${server.port}\n  User root`,
    `Host behind\n  HostName 127.0.0.1\n  Port ${server.port}\n  User root\n  ProxyJump board`,
    `Host proxied\n  HostName 127.0.0.1\n  Port ${server.port}\n  User root\n  ProxyCommand ssh -F ${configFile} -W %h:%p board`,
    `Host dead\n  HostName 127.0.0.1\n  ProxyCommand echo no such way >&2; exit 1`,
    'Host *',
  ];
  await writeFile(configFile, `${hosts.join('\n')}\n${await readFile(configFile, 'utf8')}`);
  for (const name of ['board', 'behind', 'proxied']) {
    const { exitCode } = await execa('ssh', ['-F', configFile, name, 'true'], {
      stdin: 'ignore',
      reject: false,
    });
    t.is(exitCode, 0, `ssh ${name}`);
    const device = await connected(t, name, { configFile });
    t.true(succeeded(await device.run(program('true'))), name);
  }
  const dead = await diagnosticOf(connectDevice('dead', { configFile }));
  t.is(dead.code, 'OVL506');
  t.regex(dead.because ?? '', /no such way/);
  await writeFile(configFile, 'Frobnicate yes\n');
  t.is((await diagnosticOf(connectDevice('board', { configFile }))).code, 'OVL502');
  t.is((await diagnosticOf(connectDevice('root:secret@board'))).code, 'OVL501');
});
