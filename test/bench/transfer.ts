/**
 * How long a thousand files take to a board: our upload against `tar c | ssh tar x` and `rsync -a`, on loopback, to one
 * dropbear. Every way takes its turn in each round, so that what else the machine does falls on all of them alike.
 */
import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { connectDevice } from '../../src/device/ssh/ssh-device.ts';
import type { UploadEntry } from '../../src/device/upload/tree.ts';
import { upload } from '../../src/device/upload/upload.ts';
import { removeServer, type SshServer, startServer } from '../support/ssh-servers.ts';
import { file, noise } from '../support/upload-tree.ts';

export interface TransferRow {
  readonly way: string;
  /** The way that it is compared with, and how many times its time is the aim at most. */
  readonly against?: string;
  readonly aim?: number;
  /** Milliseconds of each round: with the connection, and without where it can be told apart. */
  readonly wallMs: readonly number[];
  readonly afterLoginMs: readonly number[];
}

export interface TransferOptions {
  /** An empty folder; the caller removes it. */
  readonly work: string;
  readonly rounds: number;
  readonly signal: AbortSignal;
}

/** The boards' files are in memory: we write them through to their storage and the others do not, and a disk would be compared instead. */
export const memory = '/dev/shm';
const files = 1000;
const bytes = 8 << 20;
const oneMs = 120_000;

interface Way {
  readonly way: string;
  readonly against?: string;
  readonly aim?: number;
  /** Brings the board to the state before, unmeasured. */
  readonly before: () => Promise<void>;
  /** Milliseconds after the login, where it knows. */
  readonly run: () => Promise<number | undefined>;
}

/** The first round, which fills the caches, does not count. */
export async function benchTransfer({
  work,
  rounds,
  signal,
}: TransferOptions): Promise<readonly TransferRow[]> {
  const server = await startServer({ kind: 'dropbear' });
  const boards = await mkdtemp(join(memory, 'ovl-boards-'));
  try {
    const ways = await waysTo(server, { work, boards, signal });
    const rows = ways.map(({ way, against, aim }) => ({
      way,
      ...(against === undefined ? {} : { against }),
      ...(aim === undefined ? {} : { aim }),
      wallMs: [] as number[],
      afterLoginMs: [] as number[],
    }));
    for (let round = 0; round <= rounds; round += 1) {
      for (const [index, { before, run }] of ways.entries()) {
        signal.throwIfAborted();
        await before();
        const start = performance.now();
        const after = await run();
        const wall = performance.now() - start;
        if (round === 0) continue;
        rows[index]?.wallMs.push(wall);
        if (after !== undefined) rows[index]?.afterLoginMs.push(after);
      }
    }
    return rows;
  } finally {
    await removeServer(server);
    await rm(boards, { recursive: true, force: true });
  }
}

export function thousandFiles(): readonly UploadEntry[] {
  return Array.from({ length: files }, (_, index) =>
    file(`d${index % 20}/f${index}`, noise(Math.floor(bytes / files), String(index))),
  );
}

async function waysTo(
  server: SshServer,
  { work, boards, signal }: { readonly work: string; readonly boards: string; readonly signal: AbortSignal },
): Promise<readonly Way[]> {
  const knownHosts = join(work, 'known_hosts');
  await writeFile(knownHosts, server.knownHosts);
  const config = await sshConfig(server, work, knownHosts, 'ssh_config');
  const source = join(work, 'source');
  const entries = thousandFiles();
  for (const entry of entries) await write(source, entry);
  const other = file('d7/f507', noise(Math.floor(bytes / files), 'other'));
  const changed = entries.map((entry) => (entry.path === other.path ? other : entry));
  const board = (name: string): string => join(boards, name);
  const target = `root@127.0.0.1:${server.port}`;
  const [ssh, host] = [`ssh -F ${config} -p ${server.port}`, 'root@127.0.0.1'];
  const shell = (line: string): undefined => {
    const { status, stderr } = spawnSync('/bin/sh', ['-c', line], {
      timeout: oneMs,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (status !== 0) throw new Error(`${line}: ${stderr}`);
  };
  const fresh = async (name: string): Promise<void> => {
    await rm(board(name), { recursive: true, force: true });
    await mkdir(dirname(board(name)), { recursive: true });
  };
  const send = async (name: string, tree: readonly UploadEntry[]): Promise<number> => {
    const device = await connectDevice(target, { configFile: config, signal });
    const start = performance.now();
    const sent = await upload(device, board(name), tree, { signal });
    await sent.switch();
    const took = performance.now() - start;
    await device.close();
    return took;
  };
  const rsync = (name: string): undefined =>
    shell(`rsync -a --delete -e '${ssh}' ${source}/ ${host}:${board(name)}/`);
  const touched = async (version: UploadEntry): Promise<void> => {
    await write(source, version);
    const now = new Date();
    await utimes(join(source, version.path), now, now);
  };
  return [
    {
      way: 'tar c | ssh tar x',
      before: async () => {
        await fresh('tar');
        await mkdir(board('tar'));
      },
      run: async () => shell(`tar -C ${source} -c . | ${ssh} ${host} 'tar -C ${board('tar')} -x'`),
    },
    {
      way: 'ovl, first time',
      against: 'tar c | ssh tar x',
      aim: 0.9,
      before: () => fresh('ovl'),
      run: () => send('ovl', entries),
    },
    {
      way: 'ovl, nothing changed',
      against: 'tar c | ssh tar x',
      aim: 0.1,
      before: async () => {},
      run: () => send('ovl', entries),
    },
    { way: 'rsync -a, first time', before: () => fresh('rsync'), run: async () => rsync('rsync') },
    { way: 'rsync -a, nothing changed', before: async () => {}, run: async () => rsync('rsync') },
    { way: 'rsync -a, one file changed', before: () => touched(other), run: async () => rsync('rsync') },
    {
      way: 'ovl, one file changed',
      against: 'rsync -a, one file changed',
      aim: 0.5,
      before: async () => {
        const original = entries.find(({ path }) => path === other.path);
        if (original) await touched(original);
      },
      run: () => send('ovl', changed),
    },
  ];
}

async function write(source: string, entry: UploadEntry): Promise<void> {
  if (entry.kind !== 'file' || !(entry.content instanceof Uint8Array)) return;
  const path = join(source, entry.path);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, entry.content);
}

export async function sshConfig(
  server: SshServer,
  work: string,
  knownHosts: string,
  name: string,
): Promise<string> {
  const config = join(work, name);
  const lines = [
    'IdentityAgent none',
    `IdentityFile ${server.identity}`,
    `UserKnownHostsFile ${knownHosts}`,
    'GlobalKnownHostsFile none',
  ];
  await writeFile(config, `${lines.join('\n')}\n`);
  return config;
}
