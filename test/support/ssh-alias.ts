/** An ssh configuration in which a virtual board is called "board", with its key known. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { work } from './shipped-boards.ts';
import type { SshKeys } from './ssh-board.ts';

/** Words for ovl. @param port of loopback */
export async function sshAlias(port: number, { identity, hostKey }: SshKeys): Promise<readonly string[]> {
  const folder = await mkdtemp(join(work, 'alias-'));
  const known = join(folder, 'known_hosts');
  await writeFile(known, `[127.0.0.1]:${port} ${hostKey}\n`);
  const lines = [
    'Host board twin',
    'HostName 127.0.0.1',
    `Port ${port}`,
    'User root',
    `IdentityFile ${identity}`,
    'IdentitiesOnly yes',
    'GlobalKnownHostsFile /dev/null',
    `UserKnownHostsFile ${known}`,
  ];
  const config = join(folder, 'config');
  await writeFile(config, `${lines.join('\n')}\n`);
  return ['--ssh-config', config];
}
