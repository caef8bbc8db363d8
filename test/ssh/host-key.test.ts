import { readFile, stat, writeFile } from 'node:fs/promises';
import test from 'ava';
import { execa } from 'execa';
import { program, succeeded } from '../../src/device/device.ts';
import type { ShownHostKey } from '../../src/device/ssh/questions.ts';
import { connectDevice } from '../../src/device/ssh/ssh-device.ts';
import type { Code } from '../../src/diagnostics/codes/index.ts';
import { ownServer } from '../support/hostile-ssh.ts';
import { connected, diagnosticOf, ownSsh, person, serverFor, testOnServer } from '../support/ssh-client.ts';

const secret = person(...Array(9).fill('hunter2')).secret;

async function fingerprintOf(knownHosts: string): Promise<string> {
  const { stdout } = await execa('ssh-keygen', ['-lf', '-'], { input: knownHosts });
  return stdout.split(' ')[1] ?? '';
}

testOnServer(
  'an unknown key is shown as ssh shows it, asked for, and kept; then nobody is asked',
  async (t) => {
    const server = await serverFor(t, { kind: 'dropbear' });
    const { configFile, knownHostsFile } = await ownSsh(t, {
      knownHosts: '# no line feed at the end',
      identity: server.identity,
    });
    const name = `root@127.0.0.1:${server.port}`;
    const shown: ShownHostKey[] = [];
    const acceptHostKey = async (key: ShownHostKey) => shown.push(key) > 0;
    for (const _ of [1, 2]) await connected(t, name, { configFile, questions: { acceptHostKey } });
    t.deepEqual(shown, [
      {
        host: `[127.0.0.1]:${server.port}`,
        type: 'ED25519',
        fingerprint: await fingerprintOf(server.knownHosts),
        others: [],
      },
    ]);
    t.is(await readFile(knownHostsFile, 'utf8'), `# no line feed at the end\n${server.knownHosts}`);
    t.is((await stat(knownHostsFile)).mode & 0o777, 0o640);
    t.is(
      (
        await execa('ssh', ['-F', configFile, '-p', String(server.port), 'root@127.0.0.1', 'true'], {
          stdin: 'ignore',
          reject: false,
        })
      ).exitCode,
      0,
    );
  },
);

testOnServer('kept hashed where ssh would, and ssh finds it', async (t) => {
  const server = await serverFor(t, { kind: 'openssh' });
  const { configFile, knownHostsFile } = await ownSsh(t, {
    identity: server.identity,
    lines: ['HashKnownHosts yes', 'StrictHostKeyChecking accept-new'],
  });
  await connected(t, `root@127.0.0.1:${server.port}`, { configFile });
  t.regex(await readFile(knownHostsFile, 'utf8'), /^\|1\|[^ ]+ ssh-ed25519 \S+\n$/);
  const { stdout } = await execa('ssh-keygen', ['-F', `[127.0.0.1]:${server.port}`, '-f', knownHostsFile]);
  t.regex(stdout, /ssh-ed25519/);
  await connected(t, `root@127.0.0.1:${server.port}`, { configFile });
});

testOnServer('the server is asked for the key that is known, not for the one it likes best', async (t) => {
  const server = await serverFor(t, { kind: 'openssh', hostKeys: ['ed25519', 'ecdsa', 'rsa'] });
  const [, ecdsa = '', rsa = ''] = server.knownHosts.split('\n');
  for (const line of [ecdsa, rsa]) {
    const { configFile } = await ownSsh(t, { knownHosts: `${line}\n`, identity: server.identity });
    const device = await connected(t, `root@127.0.0.1:${server.port}`, { configFile });
    t.is(device.server.hostKey, await fingerprintOf(line));
  }
});

test.serial(
  'nothing secret is sent to a server whose key is unknown, changed, revoked or not the one given',
  async (t) => {
    const server = await ownServer(t, { accept: (method) => method === 'password' });
    const other = await ownServer(t);
    const name = `root@127.0.0.1:${server.port}`;
    const foreign = other.knownHosts.replace(String(other.port), String(server.port));
    const print = await fingerprintOf(server.knownHosts);
    const cases: readonly (readonly [Code, string, object, RegExp])[] = [
      ['OVL510', '', {}, /^the host key of \[127\.0\.0\.1\]:\d+ is not known: ED25519 SHA256:/],
      ['OVL510', '', { questions: { secret, acceptHostKey: async () => false } }, /not known/],
      ['OVL511', `# comment\n${foreign}`, {}, /has changed: it shows ED25519 SHA256:/],
      ['OVL511', foreign, { hostKey: print }, /has changed/],
      ['OVL511', foreign, { questions: { secret, acceptHostKey: async () => true } }, /has changed/],
      [
        'OVL512',
        `${server.knownHosts}@revoked * ${server.knownHosts.split(' ').slice(1).join(' ')}`,
        {},
        /is revoked/,
      ],
      ['OVL513', '', { hostKey: await fingerprintOf(foreign) }, /is not SHA256:\S+ but ED25519 SHA256:/],
    ];
    for (const [code, knownHosts, options, message] of cases) {
      for (const line of ['StrictHostKeyChecking ask', 'StrictHostKeyChecking no']) {
        // "no" lets ssh take unknown keys; changed, revoked and others it must not.
        if (code === 'OVL510' && line.endsWith('no')) continue;
        const { configFile, knownHostsFile } = await ownSsh(t, { knownHosts, lines: [line] });
        const diagnostic = await diagnosticOf(
          connectDevice(name, { configFile, password: 'hunter2', questions: { secret }, ...options }),
        );
        t.is(diagnostic.code, code);
        t.regex(diagnostic.message, message);
        t.true(diagnostic.message.includes(print), diagnostic.message);
        t.is(diagnostic.boardState, 'unchanged');
        if (code === 'OVL511') {
          t.true(diagnostic.because?.includes(`${knownHostsFile}:${knownHosts.startsWith('#') ? 2 : 1}`));
          t.is(
            diagnostic.fix,
            `if the board has a new key: ssh-keygen -f ${knownHostsFile} -R '[127.0.0.1]:${server.port}'`,
          );
        }
        t.is(await readFile(knownHostsFile, 'utf8'), knownHosts);
      }
    }
    t.deepEqual(server.logins, [], 'not even an attempt without a secret');
    const { configFile } = await ownSsh(t, {});
    const device = await connected(t, name, { configFile, password: 'hunter2', hostKey: print });
    t.deepEqual(
      server.logins.map((one) => one.method),
      ['none', 'password'],
    );
    t.is(device.server.hostKey, print);
  },
);

test.serial('a known_hosts file that cannot be read is no empty one', async (t) => {
  const server = await ownServer(t);
  const { configFile, folder } = await ownSsh(t, {});
  await writeFile(configFile, `UserKnownHostsFile ${folder}\n${await readFile(configFile, 'utf8')}`);
  const diagnostic = await diagnosticOf(connectDevice(`root@127.0.0.1:${server.port}`, { configFile }));
  t.is(diagnostic.code, 'OVL515');
  t.deepEqual(server.logins, []);
});

testOnServer('after a reboot the same key has to be there; the login is not asked for again', async (t) => {
  const first = await serverFor(t, { kind: 'dropbear' });
  const { configFile } = await ownSsh(t, { knownHosts: first.knownHosts });
  const { asked, secret: once } = person('correct horse');
  const device = await connectDevice(`root@127.0.0.1:${first.port}`, {
    configFile,
    questions: { secret: once },
  });
  device.expectReboot();
  const restarting = device.run(program('sleep', '30'));
  await first.stop();
  t.deepEqual((await restarting).ending, { kind: 'disconnected' });
  t.deepEqual(await device.lost, { kind: 'rebooting' });
  const back = device.reconnect({ deadlineMs: 20_000 });
  const second = await serverFor(t, { kind: 'dropbear', port: first.port, folder: first.folder });
  await back;
  t.true(succeeded(await device.run(program('true'))));
  t.is(asked.length, 1);

  const going = device.lost;
  await second.stop();
  const loss = await going;
  t.is(loss.kind === 'lost' && loss.diagnostic.code, 'OVL530');
  const gone = await diagnosticOf(device.reconnect({ deadlineMs: 700 }));
  t.is(gone.code, 'OVL534');
  t.regex(gone.because ?? '', /refuses connections/);

  const replaced = await serverFor(t, { kind: 'dropbear', port: first.port });
  t.is((await diagnosticOf(device.reconnect({ deadlineMs: 20_000 }))).code, 'OVL511');
  await replaced.stop();
  await device.close();
});
