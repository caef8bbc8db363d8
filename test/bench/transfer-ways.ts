/** The ways that files take to a board in the benchmark of transfers, ours and others', and the files. */
import { spawnSync } from 'node:child_process';
import { mkdir, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { script, succeeded } from '../../src/device/device.ts';
import { connectDevice, type SshDevice } from '../../src/device/ssh/ssh-device.ts';
import { archive } from '../../src/device/upload/archive.ts';
import { type UploadEntry, uploadTree } from '../../src/device/upload/tree.ts';
import { upload } from '../../src/device/upload/upload.ts';
import { buildDist } from '../../src/toolchain/dist.ts';
import type { SshServer } from '../support/ssh-servers.ts';
import { file, noise } from '../support/upload-tree.ts';
import type { TransferRow } from './transfer.ts';

const files = 1000;
const bytes = 8 << 20;
const oneMs = 120_000;

export interface Way extends Pick<TransferRow, 'way' | 'against' | 'aim' | 'login'> {
  /** Brings the board to the state before, unmeasured. */
  readonly before: () => Promise<void>;
  /** Milliseconds after the login, where it knows. */
  readonly run: () => Promise<number | undefined>;
}

export function thousandFiles(): readonly UploadEntry[] {
  return Array.from({ length: files }, (_, index) =>
    file(`d${index % 20}/f${index}`, noise(Math.floor(bytes / files), String(index))),
  );
}

/** In the order in which they are gone in each round: some begin where others ended. */
export async function waysTo(server: SshServer, work: string, signal: AbortSignal): Promise<readonly Way[]> {
  const knownHosts = join(work, 'known_hosts');
  await writeFile(knownHosts, server.knownHosts);
  const config = await sshConfig(server, work, knownHosts, 'ssh_config');
  const source = join(work, 'source');
  const entries = thousandFiles();
  for (const entry of entries) await write(source, entry);
  const sorted = [...uploadTree(entries).values()];
  const other = file('d7/f507', noise(Math.floor(bytes / files), 'other'));
  const changed = entries.map((entry) => (entry.path === other.path ? other : entry));
  const board = (name: string): string => join(server.folder, 'root/files', name);
  const target = `root@127.0.0.1:${server.port}`;
  const [ssh, host] = [`ssh -F ${config} -p ${server.port}`, 'root@127.0.0.1'];
  const shell = (line: string): undefined => {
    const { status, stderr } = spawnSync('/bin/sh', ['-c', line], {
      timeout: oneMs,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    if (status !== 0) throw new Error(`${line}: ${stderr}`);
  };
  const connect = (): Promise<SshDevice> => connectDevice(target, { configFile: config, signal });
  const onBoard = async (text: string, ...words: readonly string[]): Promise<void> => {
    const device = await connect();
    const outcome = await device.run(script(text, ...words));
    await device.close();
    if (!succeeded(outcome)) throw new Error(`${text}: ${outcome.stderr}`);
  };
  const fresh = (name: string): Promise<void> => onBoard('rm -rf "$1" "$1".ovl-*; sync', board(name));
  /** tar and rsync leave the writing to the kernel, and whoever writes through next would do it for them. */
  const synced = (): Promise<void> => onBoard('sync');
  const send = async (name: string, tree: readonly UploadEntry[], reread = false): Promise<number> => {
    const device = await connect();
    const start = performance.now();
    const sent = await upload(device, board(name), tree, { signal, reread, atOnce: true });
    await sent.switch();
    const took = performance.now() - start;
    await device.close();
    return took;
  };
  /** What is left when nothing is asked, nothing is read back, and nothing is switched: the floor of a first time. */
  const sendAlone = async (): Promise<number> => {
    const device = await connect();
    const start = performance.now();
    const take = script('mkdir "$1" && cd "$1" && tar xpf - && sync -f .', board('floor'));
    const outcome = await device.run(take, { stdin: archive(sorted, 0), live: true });
    const took = performance.now() - start;
    await device.close();
    if (!succeeded(outcome)) throw new Error(`${outcome.stderr}`);
    return took;
  };
  const rsync = (name: string): undefined =>
    shell(`rsync -a --delete -e '${ssh}' ${source}/ ${host}:${board(name)}/`);
  const touched = async (version: UploadEntry): Promise<void> => {
    await write(source, version);
    const now = new Date();
    await utimes(join(source, version.path), now, now);
  };
  const tar = (after: string): undefined =>
    shell(
      `tar -C ${source} -c . | ${ssh} ${host} 'mkdir ${board('tar')} && tar -C ${board('tar')} -x${after}'`,
    );
  const nothing = async (): Promise<void> => {};
  const ovl = await buildDist();
  /** The command as a person types it: it starts, reads the folder, and says what it did. */
  const push = (): undefined =>
    shell(`node ${ovl} push ${source} ${target} --to ${board('push')} --yes --ssh-config ${config}`);
  const first = 'tar c | ssh tar x';
  return [
    { way: 'ssh true', before: nothing, run: async () => shell(`${ssh} ${host} true`) },
    {
      way: 'ovl, a login',
      against: 'ssh true',
      before: nothing,
      run: async () => void (await (await connect()).close()),
    },
    {
      way: 'ovl, a login and true',
      against: 'ssh true',
      before: nothing,
      run: async () => {
        const device = await connect();
        await device.run(script('true'));
        await device.close();
        return undefined;
      },
    },
    { way: first, login: 'ssh true', before: () => fresh('tar'), run: async () => tar('') },
    {
      way: `${first}, sync`,
      login: 'ssh true',
      before: () => fresh('tar'),
      run: async () => tar(` && sync -f ${board('tar')}`),
    },
    {
      way: 'ovl, a login, tar x and sync',
      against: first,
      before: () => fresh('floor'),
      run: sendAlone,
    },
    {
      way: 'ovl, first time',
      against: first,
      aim: 0.9,
      before: () => fresh('ovl'),
      run: () => send('ovl', entries),
    },
    {
      way: 'ovl, nothing changed',
      against: first,
      aim: 0.1,
      before: nothing,
      run: () => send('ovl', entries),
    },
    {
      way: 'ovl, nothing changed, all read',
      against: first,
      before: nothing,
      run: () => send('ovl', entries, true),
    },
    {
      way: 'ovl push, first time',
      against: first,
      before: () => fresh('push'),
      run: async () => push(),
    },
    { way: 'ovl push, nothing changed', against: first, before: nothing, run: async () => push() },
    {
      way: 'rsync -a, first time',
      login: 'ssh true',
      before: () => fresh('rsync'),
      run: async () => rsync('rsync'),
    },
    { way: 'rsync -a, nothing changed', login: 'ssh true', before: nothing, run: async () => rsync('rsync') },
    {
      way: 'rsync -a, one file',
      login: 'ssh true',
      before: async () => {
        await synced();
        await touched(other);
      },
      run: async () => rsync('rsync'),
    },
    {
      way: 'ovl push, one file changed',
      against: 'rsync -a, one file',
      before: synced,
      run: async () => push(),
    },
    {
      way: 'ovl, one file changed',
      against: 'rsync -a, one file',
      aim: 0.5,
      before: async () => {
        await synced();
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
