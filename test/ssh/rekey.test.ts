/** Keys that are exchanged again in the middle of a connection, and what stays in memory of what went over it. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Connection } from 'ssh2';
import { program, script } from '../../src/device/device.ts';
import { formatDiagnostics } from '../../src/diagnostics/format.ts';
import { ownServer, showAnotherKey } from '../support/hostile-ssh.ts';
import { connected, diagnosticOf, ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';

const mebibyte = 1 << 20;

async function* mebibytes(count: number): AsyncGenerator<Uint8Array> {
  const piece = Buffer.alloc(mebibyte);
  for (let sent = 0; sent < count; sent++) yield piece;
}

testOnServer('OpenSSH, new keys with every mebibyte: both ways, and what comes after', async (t) => {
  const server = await serverFor(t, {
    kind: 'openssh',
    words: ['-o', 'RekeyLimit=1M none', '-o', 'LogLevel=DEBUG1'],
  });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
  const device = await connected(t, `root@127.0.0.1:${server.port}`, { configFile });
  const there = await device.run(program('wc', '-c'), { stdin: mebibytes(12) });
  t.is(there.stdout.toString().trim(), String(12 * mebibyte));
  const back = await device.run(script('head -c "$1" /dev/zero', String(12 * mebibyte)), {
    limit: 16 * mebibyte,
  });
  t.is(back.stdout.length, 12 * mebibyte);
  t.is((await device.run(program('echo', 'there'))).stdout.toString(), 'there\n');
  t.true((server.log().match(/rekey out/g) ?? []).length > 10, server.log().slice(-2000));
});

testOnServer('dropbear, which wants new keys after a gibibyte', async (t) => {
  const server = await serverFor(t, { kind: 'dropbear' });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
  const device = await connected(t, `root@127.0.0.1:${server.port}`, { configFile });
  const { stdout } = await device.run(program('wc', '-c'), { stdin: mebibytes(1100), deadlineMs: 300_000 });
  t.is(stdout.toString().trim(), String(1100 * mebibyte));
});

testOnServer('a server that shows another key when keys are exchanged again', async (t) => {
  let client: Connection | undefined;
  const server = await ownServer(t, {
    onExec: (line, channel, one) => {
      client = one;
      if (!line.includes('sleep')) channel.exit(0);
      if (!line.includes('sleep')) channel.end();
    },
  });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts });
  const device = await connected(t, `root@127.0.0.1:${server.port}`, { configFile });
  await device.run(program('true'));
  await new Promise<void>((resolve) => client?.rekey(() => resolve()));
  await device.run(program('true'));
  const hanging = diagnosticOf(device.run(program('sleep', '60')));
  if (client === undefined) throw new Error('nobody was there');
  await showAnotherKey(client);
  client.rekey(() => {});
  const diagnostic = await hanging;
  t.like(diagnostic, { code: 'OVL516', boardState: 'unknown' });
  const said = formatDiagnostics([diagnostic]);
  t.true(said.includes(`it was ${device.server.hostKey} at the login`), said);
  t.like(await device.lost, { kind: 'lost', diagnostic: { code: 'OVL516' } });
});

testOnServer('what was sent does not stay in memory until the command ends', async (t) => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const server = await serverFor(t, { kind: 'openssh' });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, identity: server.identity });
  const device = await connected(t, `root@127.0.0.1:${server.port}`, { configFile });
  const pieces: WeakRef<Uint8Array>[] = [];
  let left = -1;
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < 40; count++) {
      const piece = Buffer.alloc(mebibyte);
      pieces.push(new WeakRef(piece));
      yield piece;
    }
    // A turn of the event loop: what a WeakRef was asked for in this one is kept.
    await new Promise((resolve) => setTimeout(resolve, 50));
    collect();
    left = pieces.filter((piece) => piece.deref() !== undefined).length;
  }
  await device.run(program('wc', '-c'), { stdin: source(), live: true });
  t.true(left < 10, `${left} of ${pieces.length}`);
});
