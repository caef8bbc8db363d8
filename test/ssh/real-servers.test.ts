/** Real servers that make it hard: other keys at the next command, algorithms of twenty years ago only, and a board that speaks German. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { program } from '../../src/device/device.ts';
import { probe } from '../../src/device/facts/probe.ts';
import { connectDevice } from '../../src/device/ssh/ssh-device.ts';
import { documentOf, ovl } from '../support/ovl.ts';
import { connected, diagnosticOf, ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';
import { password } from '../support/ssh-servers.ts';

for (const kind of ['dropbear', 'openssh'] as const) {
  testOnServer(
    `${kind}: a key that has changed between two commands is refused, and nothing is sent to it`,
    async (t) => {
      const words = kind === 'openssh' ? ['-o', 'LogLevel=DEBUG1'] : [];
      const first = await serverFor(t, { kind, words });
      const { configFile, knownHostsFile } = await ownSsh(t, {
        knownHosts: first.knownHosts,
        identity: first.identity,
      });
      const command = [
        'shell',
        '--ssh-config',
        configFile,
        `root@127.0.0.1:${first.port}`,
        '--',
        'echo',
        'here',
      ];
      const before = await ovl(command);
      t.is(before.stdout, 'here\n', before.stderr);
      await first.stop();
      const second = await serverFor(t, { kind, words, port: first.port });
      const after = await ovl([...command.slice(0, 1), '--json', ...command.slice(1)]);
      t.is(after.exitCode, 5);
      const [problem] = documentOf(t, after).problems as { code: string; boardState: string; fix: string }[];
      t.like(problem, { code: 'OVL511', boardState: 'unchanged' });
      t.regex(problem?.fix ?? '', /ssh-keygen -f .* -R/);
      const withPassword = await diagnosticOf(
        connectDevice(`root@127.0.0.1:${first.port}`, { configFile, password }),
      );
      t.is(withPassword.code, 'OVL511');
      t.notRegex(
        second.log(),
        /userauth-request|[Pp]assword|pubkey|publickey|auth succeeded/,
        'it did not come so far',
      );
      t.is(await readFile(knownHostsFile, 'utf8'), first.knownHosts, 'what was known stays');
    },
  );

  testOnServer(`${kind}: a board that speaks German is understood`, async (t) => {
    const german = { LANG: 'de_DE.UTF-8', LC_ALL: 'de_DE.UTF-8', LANGUAGE: 'de' };
    const setting = Object.entries(german).map(([name, value]) => `${name}=${value}`);
    const server = await serverFor(t, {
      kind,
      // dropbear hands on what it was started with.
      ...(kind === 'dropbear'
        ? { words: ['-e'], env: german }
        : { words: ['-o', `SetEnv=${setting.join(' ')}`] }),
    });
    const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
    const device = await connected(t, `board@127.0.0.1:${server.port}`, { configFile });
    // This machine's own programs: busybox would run its applets whatever lies in $PATH.
    const bin = join(server.folder, 'german');
    await mkdir(bin);
    await writeFile(join(server.folder, 'board-shell'), `#!/bin/sh\nPATH=${bin}:$PATH exec /bin/sh "$@"\n`);
    for (const name of translated)
      await writeFile(join(bin, name), `#!/bin/sh\nPATH=/usr/bin:/bin exec ${name} "$@"\n`, { mode: 0o755 });
    const plain = settled(await probe(device, {}));
    for (const name of translated) await writeFile(join(bin, name), wrapper(name), { mode: 0o755 });
    const ssh = ['-F', configFile, '-p', String(server.port), 'board@127.0.0.1'];
    const { stdout } = await execa('ssh', [...ssh, 'df /; ls /nirgends 2>&1'], {
      reject: false,
      stdin: 'ignore',
    });
    t.regex(stdout, /^Dateisystem[\s\S]*nicht gefunden$/, 'it does speak German');
    t.deepEqual(settled(await probe(device, {})), plain);
    const { stderr } = await device.run(program('ls', '/nirgends'));
    t.regex(stderr.toString(), /No such file or directory/);
  });
}

/** Facts without what changes from one look to the next on a machine that others use too. */
function settled(facts: unknown): unknown {
  const changing = ['room', 'memory', 'when', 'uptime', 'labels', 'partitions', 'ahead', 'seconds'];
  return JSON.parse(JSON.stringify(facts, (key, value) => (changing.includes(key) ? undefined : value)));
}

const translated = ['df', 'ls', 'cat', 'mount', 'uname', 'grep', 'stat', 'id'];

/** A program with German messages, as gettext chooses them: LC_ALL decides, and C means English whatever LANGUAGE says. */
function wrapper(name: string): string {
  return `#!/bin/sh
PATH=/usr/bin:/bin
case \${LC_ALL-} in de_*) ;; *) exec ${name} "$@" ;; esac
{ ${name} "$@" 2>&3 | sed 's/^Filesystem .*/Dateisystem 1K-Blöcke Benutzt Verfügbar Verw% Eingehängt auf/'; } 3>&1 |
  sed 's/No such file or directory/Datei oder Verzeichnis nicht gefunden/'
`;
}

testOnServer('openssh with old algorithms only: which, and the line that allows them', async (t) => {
  const old = {
    KexAlgorithms: 'diffie-hellman-group1-sha1',
    HostKeyAlgorithms: 'ssh-rsa',
    Ciphers: '3des-cbc',
    MACs: 'hmac-sha1-96',
  };
  const words = Object.entries(old).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  const server = await serverFor(t, { kind: 'openssh', hostKeys: ['rsa'], words });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
  const name = `root@127.0.0.1:${server.port}`;
  const diagnostic = await diagnosticOf(connectDevice(name, { configFile, password }));
  t.is(diagnostic.code, 'OVL508', diagnostic.because);
  for (const value of Object.values(old)) t.true(diagnostic.because?.includes(`it has ${value}`), value);
  t.notRegex(server.log(), /password|publickey/i, 'nothing was sent');
  const legacyAlgorithms = /\[(.*)\]/.exec(diagnostic.fix ?? '')?.[1]?.split(', ') ?? [];
  const device = await connected(t, name, { configFile, legacyAlgorithms });
  t.is((await device.run(program('echo', 'in'))).stdout.toString(), 'in\n');
});
