/** Virtual boards with an SSH server, which come back after a reboot as real ones do. */
import { mkdtemp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Boot, type BootRequest, bootBoard, type Forward } from '../../src/lab/index.ts';
import type { RootFile } from '../../src/lab/roots/root-file.ts';
import { sshIsUp, sshServer } from '../../src/lab/roots/ssh-server.ts';
import { requireTool } from '../../src/system/tools.ts';
import { freePort } from './free-port.ts';
import { work } from './shipped-boards.ts';

/** Keys made for one test: the server's, and the one that may log in. */
export interface SshKeys {
  readonly rootFiles: readonly RootFile[];
  /** Path of the private key of who may log in as root, unencrypted. */
  readonly identity: string;
  /** `TYPE BASE64` of the server's key. */
  readonly hostKey: string;
}

export async function sshKeys(): Promise<SshKeys> {
  const folder = await mkdtemp(join(work, 'keys-'));
  const server = join(folder, 'server');
  const identity = join(folder, 'identity');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', identity]);
  await execa(requireTool('dropbearkey'), ['-t', 'ed25519', '-f', server]);
  const { stdout } = await execa(requireTool('dropbearkey'), ['-y', '-f', server]);
  const hostKey = /^(ssh-ed25519 \S+)/m.exec(stdout)?.[1];
  if (hostKey === undefined) throw new Error(`dropbearkey said no key: ${stdout}`);
  const rootFiles = await sshServer({
    authorizedKeys: await readFile(`${identity}.pub`, 'utf8'),
    hostKey: await readFile(server),
  });
  return { rootFiles, identity, hostKey };
}

/** What a boot loader tells the kernel. */
export type BootLoader = () => Promise<Pick<BootRequest, 'init' | 'cmdline' | 'rootDevice'>>;

/** A board that boots again whenever it has ended by itself; `boots` are all its boots, the running one last. */
export class RebootingBoard {
  readonly port: number;
  readonly boots: Boot[] = [];
  readonly #start: () => Promise<Boot>;
  #stopped = false;
  #ended: Promise<void> = Promise.resolve();

  /** @param loader is asked before every boot, as a board's boot loader reads its configuration */
  static async start(
    request: Omit<BootRequest, 'forwards'>,
    loader: BootLoader = async () => ({}),
  ): Promise<RebootingBoard> {
    return RebootingBoard.startBy(async (forwards) =>
      bootBoard({ ...request, forwards, ...(await loader()) }),
    );
  }

  /** @param boot switches the board on, with its SSH server at these ports */
  static async startBy(boot: (forwards: readonly Forward[]) => Promise<Boot>): Promise<RebootingBoard> {
    const port = await freePort();
    const board = new RebootingBoard(port, () => boot([{ hostPort: port, boardPort: 22 }]));
    await board.#boot();
    await board.listens();
    return board;
  }

  private constructor(port: number, start: () => Promise<Boot>) {
    this.port = port;
    this.#start = start;
  }

  get boot(): Boot {
    const last = this.boots.at(-1);
    if (last === undefined) throw new Error('not started');
    return last;
  }

  /** Waits until the running boot takes connections. */
  async listens(): Promise<void> {
    // With several boards on a busy machine a boot takes minutes.
    await this.boot.waitFor(sshIsUp, { timeoutMs: 240_000 });
  }

  /** Cuts the power; the board is switched on again at once. */
  async powerCycle(): Promise<void> {
    const before = this.boots.length;
    await this.boot.cut();
    while (this.boots.length === before) await new Promise((resolve) => setTimeout(resolve, 20));
    await this.listens();
  }

  /** Ends it for good. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.boot.cut();
    await this.#ended;
  }

  async #boot(): Promise<void> {
    const boot = await this.#start();
    this.boots.push(boot);
    this.#ended = boot.exited.then(() => (this.#stopped ? undefined : this.#boot()));
  }
}
