/** Boards in the sandbox as an inventory has them: a root that can be written, a boot loader, a storage, and an SSH server. */
import { appendFile, mkdtemp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { type BoardServer, boardServer } from '../board-server.ts';
import { testWith } from '../needs.ts';
import { ovl, ovlPath } from '../ovl.ts';
import { work } from '../shipped-boards.ts';
import { type SshKeys, sshKeys } from '../ssh-board.ts';
import { WritableBoard, writableBoardText } from '../writable-board.ts';
import { type Inventory, Playbooks, type Played, type PlayOptions } from './playbook.ts';

/** Tests with Ansible, and with boards in the sandbox that have the helper. */
export const ansibleSandbox = testWith(
  ...(['ansible-playbook', 'unshare', 'nsenter', 'losetup', 'script', 'busybox', 'mkfs.ext4'] as const),
  ...(['debugfs', 'musl-gcc', 'dropbear', 'dropbearkey', 'ssh', 'ssh-keygen'] as const),
);

/** A bundle of these boards; another plan for each size of what is kept in memory. */
export async function bundle(size: string, more: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const folder = await mkdtemp(join(work, 'bundle-'));
  // Nobody but who is asked to confirms a boot, so that a test can look at one that is not.
  const generations = { attempts: 99, confirm: 'command' };
  const board = writableBoardText({ helper: {}, generations, tmpfs: { size }, ...more });
  await writeFile(join(folder, 'pole.yaml'), board);
  const { exitCode, stderr } = await ovl(['build', 'pole.yaml', '-o', 'out'], { cwd: folder });
  if (exitCode !== 0) throw new Error(stderr);
  return join(folder, 'out', 'bundle.tar');
}

/** Nothing listens at this port of loopback. */
export const deadBoard = { ansible_host: '127.0.0.1', ansible_port: 1, ansible_user: 'root' };

/** Boards for one test, and plays on them. */
export class SandboxBoards {
  readonly books: Playbooks;
  readonly sshConfig: string;
  readonly #keys: SshKeys;
  readonly #known: string;
  readonly #boards: Record<string, { readonly board: WritableBoard; readonly server: BoardServer }> = {};

  /** Starts the boards, gives them to a test, and ends them; what their consoles said is logged where it fails. */
  static async with(
    t: ExecutionContext,
    names: readonly string[],
    use: (boards: SandboxBoards) => Promise<void>,
  ): Promise<void> {
    const boards = new SandboxBoards(await Playbooks.make(), await sshKeys());
    try {
      await boards.#start(names);
      await use(boards);
    } catch (error) {
      for (const [name, { board }] of Object.entries(boards.#boards))
        for (const [at, boot] of board.boots.entries()) t.log(`${name}, boot ${at}\n${boot.console}`);
      throw error;
    } finally {
      await boards.#stop();
    }
  }

  private constructor(books: Playbooks, keys: SshKeys) {
    this.books = books;
    this.#keys = keys;
    this.sshConfig = join(books.folder, 'ssh_config');
    this.#known = join(books.folder, 'known_hosts');
  }

  board(name: string): WritableBoard {
    const found = this.#boards[name];
    if (found === undefined) throw new Error(`no board ${name}`);
    return found.board;
  }

  /** Output of a command that runs on a board, whatever its exit code. */
  async run(name: string, command: string): Promise<string> {
    return (await this.board(name).board.run(command)).output.trim();
  }

  /** Boards as an inventory names them. */
  inventory(...names: readonly string[]): Inventory {
    return Object.fromEntries(
      names.map((name) => [
        name,
        {
          ansible_host: '127.0.0.1',
          ansible_port: this.#boards[name]?.server.port,
          ansible_user: 'root',
          ansible_ssh_private_key_file: this.#keys.identity,
        },
      ]),
    );
  }

  /** A play on all hosts of an inventory. */
  async play(
    inventory: Inventory,
    tasks: readonly unknown[],
    more: object = {},
    options: PlayOptions = {},
  ): Promise<Played> {
    const defaults = { executable: ovlPath, ssh_config: this.sshConfig };
    const play = {
      hosts: 'all',
      gather_facts: false,
      module_defaults: { 'group/overlaykit.board.boards': defaults },
      ...more,
      tasks,
    };
    return this.books.play(inventory, [play], options);
  }

  async #start(names: readonly string[]): Promise<void> {
    const lines = [`UserKnownHostsFile ${this.#known}`, 'GlobalKnownHostsFile none', 'IdentityAgent none'];
    await writeFile(this.sshConfig, `${lines.join('\n')}\n`);
    await writeFile(this.#known, '');
    for (const name of names) {
      const board = await WritableBoard.make({ root: { files: this.#keys.rootFiles } });
      const server = await boardServer(() => board.boots.at(-1)?.initPid);
      this.#boards[name] = { board, server };
      await appendFile(this.#known, `[127.0.0.1]:${server.port} ${this.#keys.hostKey}\n`);
      await board.boot();
    }
  }

  async #stop(): Promise<void> {
    for (const { board, server } of Object.values(this.#boards)) {
      await server.close();
      await board.stop();
    }
    await this.books.remove();
  }
}

/** A task with a name. */
export function task(name: string, module: string, options: object = {}, more: object = {}): object {
  return { name, [`overlaykit.board.${module}`]: options, ...more };
}
