/** `ovl deploy` to many boards at once, over real servers: a line for each as it comes, a table, and an end after failures. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { directory } from '../../src/lab/roots/root-file.ts';
import { freePort } from '../support/free-port.ts';
import { ovl } from '../support/ovl.ts';
import { ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';
import type { SshServer } from '../support/ssh-servers.ts';
import { makeWritableRoot, writableBoardText } from '../support/writable-board.ts';

/** A folder with a bundle, and an ssh configuration that knows these servers. */
async function workshop(t: ExecutionContext, servers: readonly SshServer[], dead: number): Promise<string> {
  const { folder } = await ownSsh(t);
  const hosts = [
    ...servers.flatMap(({ port, identity }, index) => [
      `Host pole${index}`,
      `  Port ${port}`,
      `  IdentityFile ${identity}`,
    ]),
    'Host dead*',
    `  Port ${dead}`,
  ];
  const all = [
    'Host *',
    '  HostName 127.0.0.1',
    '  User board',
    '  IdentityAgent none',
    '  IdentitiesOnly yes',
  ];
  const known = [`  UserKnownHostsFile ${join(folder, 'known_hosts')}`, '  GlobalKnownHostsFile none'];
  await writeFile(join(folder, 'known_hosts'), servers.map(({ knownHosts }) => knownHosts).join(''));
  await writeFile(join(folder, 'config'), `${[...hosts, ...all, ...known].join('\n')}\n`);
  await writeFile(join(folder, 'pole.yaml'), writableBoardText());
  await writeFile(join(folder, 'hosts.txt'), `pole[0:${servers.length - 1}]\ndead\n`);
  await writeFile(join(folder, 'dead-first.txt'), `dead1\ndead2\npole[0:${servers.length - 1}]\n`);
  const { exitCode, stderr } = await ovl(['build', 'pole.yaml', '-o', 'out'], { cwd: folder });
  if (exitCode !== 0) throw new Error(stderr);
  return folder;
}

testOnServer('deploy to many boards: each told of, one table, the worst exit code', async (t) => {
  const { folder } = await ownSsh(t);
  const rootImage = join(folder, 'root.img');
  await makeWritableRoot(rootImage, { root: { files: [directory('/small'), directory('/readonly')] } });
  const servers = await Promise.all([
    serverFor(t, { kind: 'dropbear', rootImage }),
    serverFor(t, { kind: 'openssh', rootImage }),
  ]);
  const cwd = await workshop(t, servers, await freePort());
  const deploy = async (...words: readonly string[]) =>
    ovl(['deploy', 'out/bundle.tar', '--ssh-config', 'config', ...words], { cwd });

  const nobody = await deploy('--hosts', 'hosts.txt');
  t.is(nobody.exitCode, 2);
  t.regex(nobody.stderr, /OVL006\]: change what 3 boards boots/);

  const dry = await deploy('--hosts', 'hosts.txt', '--dry-run');
  t.regex(dry.stdout, /^== pole1\npole to board@127\.0\.0\.1|^== pole1\npole to pole1/m);
  t.regex(dry.stdout, /^pole0 +ok +\d+ steps; nothing was changed +0$/m);

  const bounds = ['--jobs', '1', '--max-failures', '2'];
  const stopped = await deploy('--hosts', 'dead-first.txt', ...bounds, '--no-reboot', '--yes');
  t.is(stopped.exitCode, 5);
  t.is(stopped.stdout.match(/^pole\d +left out +not asked +-$/gm)?.length, 2, stopped.stdout);

  const all = await deploy('--hosts', 'hosts.txt', '--jobs', '2', '--no-reboot', '--yes', '--json');
  t.is(all.exitCode, 5, all.stderr);
  const lines = all.stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  t.is(lines.length, 4);
  const of = (host: string): Record<string, unknown> | undefined => lines.find((line) => line.host === host);
  for (const host of ['pole0', 'pole1'])
    t.like(of(host), { schema: 'ovl.deploy.board/1', ok: true, code: 0, outcome: 'waiting' });
  t.like(of('dead'), { ok: false, code: 5, state: 'nothing was changed' });
  t.like(lines.at(-1), { schema: 'ovl.deploy/1', ok: false });

  const again = await deploy('pole0', 'pole1', '--no-reboot', '--yes');
  t.is(again.exitCode, 0, again.stderr);
  t.regex(again.stdout, /^pole0 +ok +boots release [0-9a-f]{16} when it restarts +0$/m);
  t.regex(again.stdout, /2 boards, 2 ok\n$/);
  for (const { identity, port } of servers) {
    const to = ['-F', join(cwd, 'config'), '-i', identity, '-p', `${port}`, 'board@127.0.0.1'];
    const { stdout } = await execa('ssh', [...to, 'readlink /sbin/overlay_init']);
    t.regex(stdout, /^\/etc\/overlaykit\/releases\/[0-9a-f]{16}\/overlay_init$/);
  }
});
