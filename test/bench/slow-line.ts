/** How long a release takes to a board over a slow line, packed and as it is: the first one, and one in which the plan has changed. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleEntries } from '../../src/bundle/bundle.ts';
import { sha256 } from '../../src/bundle/digest.ts';
import { program } from '../../src/device/device.ts';
import { connectDevice } from '../../src/device/ssh/ssh-device.ts';
import { stageBeside } from '../../src/device/upload/beside.ts';
import type { UploadEntry } from '../../src/device/upload/tree.ts';
import { bundleBoard } from '../../src/toolchain/bundle-board.ts';
import { slowWire } from '../support/slow-wire.ts';
import { removeServer, startServer } from '../support/ssh-servers.ts';
import { preparedBoard } from './images.ts';
import { memory, type TransferOptions } from './transfer.ts';
import { sshConfig } from './transfer-ways.ts';

export interface SlowRow {
  /** Bytes a second; Infinity for loopback itself. */
  readonly rate: number;
  readonly pack: boolean;
  /** Bytes of the archive as it went. */
  readonly bytes: number;
  /** Milliseconds of each round, after the login. */
  readonly ms: readonly number[];
}

/** A bad radio, a good one, and no slow line at all, for what packing costs. */
const rates = [115_000, 1_000_000, Number.POSITIVE_INFINITY];

/** The board is this machine's dropbear with the lab's busybox. */
export async function benchSlowLines({ work, rounds, signal }: TransferOptions): Promise<readonly SlowRow[]> {
  const entries = await release();
  const folder = join(work, 'slow');
  await mkdir(folder);
  const server = await startServer({ kind: 'dropbear', under: memory });
  const rows: SlowRow[] = [];
  try {
    for (const rate of rates) {
      const wire = await slowWire(server.port, rate);
      try {
        const knownHosts = join(folder, 'known_hosts');
        await writeFile(knownHosts, server.knownHosts.replaceAll(`:${server.port}`, `:${wire.port}`));
        const configFile = await sshConfig(server, folder, knownHosts, 'ssh_config');
        const device = await connectDevice(`board@127.0.0.1:${wire.port}`, { configFile, signal });
        for (const pack of [false, true]) {
          const ms: number[] = [];
          let bytes = 0;
          for (let round = 0; round < rounds; round += 1) {
            await device.run(program('sh', '-c', 'rm -rf /tmp/releases; mkdir /tmp/releases'));
            const start = performance.now();
            const { sent } = await stageBeside(
              { device, folder: '/tmp/releases', name: 'new', pack, signal },
              entries,
            );
            ms.push(performance.now() - start);
            bytes = sent.bytes;
          }
          rows.push({ rate, pack, bytes, ms });
        }
        await device.close();
      } finally {
        await wire.close();
      }
    }
    return rows;
  } finally {
    await removeServer(server);
  }
}

async function release(): Promise<readonly UploadEntry[]> {
  const bundle = await bundleBoard(await preparedBoard('lab-tmpfs', false));
  return bundleEntries(bundle).map(({ path, mode, content }) => ({
    kind: 'file',
    path: path.slice(path.lastIndexOf('/') + 1),
    mode,
    size: content.length,
    sha256: sha256(content),
    content,
  }));
}
