/**
 * What an upload costs this machine's processors, to one board and to eight at once: connection, asking, sending, verifying
 * and the switch. Each board is a dropbear of its own on loopback; their own processor time does not count.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { connectDevice } from '../../src/device/ssh/ssh-device.ts';
import type { UploadEntry } from '../../src/device/upload/tree.ts';
import { upload } from '../../src/device/upload/upload.ts';
import { removeServer, type SshServer, startServer } from '../support/ssh-servers.ts';
import { processor } from './processor.ts';
import { memory, type TransferOptions } from './transfer.ts';
import { sshConfig, thousandFiles } from './transfer-ways.ts';

export interface BoardsRow {
  readonly boards: number;
  /** Of each round: processor time of this process and of the programs it started, for one board. */
  readonly processorMs: readonly number[];
  readonly wallMs: readonly number[];
}

const counts = [1, 8];
export const aimOfMany = 1.5;

/** The first round does not count. */
export async function benchBoards({ work, rounds, signal }: TransferOptions): Promise<readonly BoardsRow[]> {
  const folder = await mkdtemp(join(memory, 'ovl-boards-'));
  const servers: SshServer[] = [];
  try {
    while (servers.length < Math.max(...counts)) servers.push(await startServer({ kind: 'dropbear' }));
    const send = await sender(servers, work, folder, signal);
    const rows = counts.map((boards) => ({ boards, processorMs: [] as number[], wallMs: [] as number[] }));
    for (let round = 0; round <= rounds; round += 1) {
      for (const { boards, processorMs, wallMs } of rows) {
        signal.throwIfAborted();
        await rm(folder, { recursive: true, force: true });
        await mkdir(folder);
        const [start, before] = [performance.now(), await processor()];
        await Promise.all(servers.slice(0, boards).map(send));
        if (round === 0) continue;
        wallMs.push(performance.now() - start);
        processorMs.push(((await processor()) - before) / boards);
      }
    }
    return rows;
  } finally {
    await Promise.all(servers.map(removeServer));
    await rm(folder, { recursive: true, force: true });
  }
}

async function sender(
  servers: readonly SshServer[],
  work: string,
  folder: string,
  signal: AbortSignal,
): Promise<(server: SshServer) => Promise<void>> {
  const entries: readonly UploadEntry[] = thousandFiles();
  const knownHosts = join(work, 'known_hosts.all');
  await writeFile(knownHosts, servers.map((server) => server.knownHosts).join(''));
  const configs = new Map<SshServer, string>();
  for (const server of servers)
    configs.set(server, await sshConfig(server, work, knownHosts, `ssh_config.${server.port}`));
  return async (server) => {
    const configFile = configs.get(server) ?? '';
    const device = await connectDevice(`root@127.0.0.1:${server.port}`, { configFile, signal });
    const sent = await upload(device, join(folder, String(server.port)), entries, { signal });
    await sent.switch();
    await device.close();
  };
}
