/** ansible-playbook as people run it: the collection installed from its own folder, nothing of this machine's user. */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { packageRoot } from '../../../src/system/package-root.ts';
import { requireTool } from '../../../src/system/tools.ts';
import { testWith } from '../needs.ts';
import { ovlPath } from '../ovl.ts';

export const ansibleTest = testWith('ansible-playbook');

export const collection = join(packageRoot(), 'src', 'ansible');

export interface TaskResult {
  readonly host: string;
  readonly task: string;
  readonly outcome: 'ok' | 'failed' | 'ignored' | 'unreachable' | 'skipped';
  readonly result: Readonly<Record<string, unknown>>;
}

export interface Played {
  readonly exitCode: number | undefined;
  /** In the order in which they came. */
  readonly results: readonly TaskResult[];
  /** All that was said, for the log of a test and for what must not be in it. */
  readonly said: string;
  /** The only result of a task on a host. */
  readonly one: (task: string, host: string) => TaskResult;
}

export interface PlayOptions {
  /** Words of ansible-playbook: --check, --diff. */
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Files that lie in the playbook's folder "files": names, and where they come from. */
  readonly files?: Readonly<Record<string, string>>;
}

export type Inventory = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** A folder of playbooks with the collection in it; removed by remove(). */
export class Playbooks {
  readonly folder: string;

  static async make(): Promise<Playbooks> {
    const books = new Playbooks(await mkdtemp(join(tmpdir(), 'ovl-ansible-')));
    await books.#install();
    return books;
  }

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Plays, of which the values are those of YAML, on these boards. */
  async play(inventory: Inventory, plays: readonly unknown[], options: PlayOptions = {}): Promise<Played> {
    const folder = await mkdtemp(join(this.folder, 'play-'));
    const boards = { all: { hosts: inventory, vars: { ansible_connection: 'ssh' } } };
    await writeFile(join(folder, 'hosts.yaml'), JSON.stringify(boards));
    await writeFile(join(folder, 'play.yaml'), JSON.stringify(plays));
    await mkdir(join(folder, 'files'));
    for (const [name, path] of Object.entries(options.files ?? {}))
      await copyFile(path, join(folder, 'files', name));
    const ran = await this.run(
      'ansible-playbook',
      ['-i', 'hosts.yaml', ...(options.words ?? []), 'play.yaml'],
      {
        cwd: folder,
        ...(options.env === undefined ? {} : { env: options.env }),
      },
    );
    return played(ran.exitCode, ran.stdout, ran.stderr);
  }

  /** Any program of Ansible, where the collection is known. */
  async run(
    program: string,
    words: readonly string[],
    {
      cwd = this.folder,
      env = {},
    }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
  ): Promise<{ readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string }> {
    const { PATH = '' } = process.env;
    const { exitCode, stdout, stderr } = await execa(program, words, {
      cwd,
      reject: false,
      extendEnv: false,
      env: {
        PATH,
        LC_ALL: 'C.UTF-8',
        HOME: this.folder,
        ANSIBLE_COLLECTIONS_PATH: this.folder,
        ANSIBLE_HOME: join(this.folder, 'home'),
        ANSIBLE_CALLBACK_PLUGINS: import.meta.dirname,
        ANSIBLE_STDOUT_CALLBACK: 'result_lines',
        ANSIBLE_RETRY_FILES_ENABLED: 'no',
        PYTHONDONTWRITEBYTECODE: '1',
        ...env,
      },
      input: '',
      // A test of a hang should fail, not hang.
      timeout: 300_000,
    });
    return { exitCode, stdout, stderr };
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
  }

  async #install(): Promise<void> {
    requireTool('ansible-playbook');
    const words = ['collection', 'install', collection, '--offline', '-p', this.folder];
    const { exitCode, stdout, stderr } = await this.run('ansible-galaxy', words);
    if (exitCode !== 0) throw new Error(`ansible-galaxy ${words.join(' ')}: ${stdout}${stderr}`);
  }
}

/** For each play: not the Python of boards, which have none, and the ovl of this checkout. */
export function playOn(hosts: string, tasks: readonly unknown[], more: object = {}): object {
  return {
    hosts,
    gather_facts: false,
    module_defaults: { 'group/overlaykit.board.boards': { executable: ovlPath } },
    ...more,
    tasks,
  };
}

function played(exitCode: number | undefined, stdout: string, stderr: string): Played {
  const lines = stdout.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  const results = lines.filter((line) => 'task' in line) as readonly TaskResult[];
  return {
    exitCode,
    results,
    said: `${stdout}\n${stderr}`,
    one: (task, host) => {
      const found = results.filter((one) => one.task === task && one.host === host);
      const [only] = found;
      if (only === undefined || found.length !== 1)
        throw new Error(`${found.length} results of "${task}" on ${host}:\n${stdout}\n${stderr}`);
      return only;
    },
  };
}
