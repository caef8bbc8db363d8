/**
 * A board made of nothing but a shell: a folder as root, overlay_init in it, and a shim for every program the plan needs.
 * Calls are recorded with every argument, and the nth one fails where a test wants it. No other program is there, so a
 * script that calls what its plan does not name fails here.
 */
import {
  chmod,
  copyFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { requireTool } from '../../src/system/tools.ts';
import { withoutApplets } from './without-applets.ts';

export const shells = ['busybox', 'dash', 'mksh'] as const;
export type ShellName = (typeof shells)[number];

export interface ShellBoardFiles {
  readonly overlayInit: string;
  /** Programs that get a shim: those that the rendered script says it needs. */
  readonly applets: readonly string[];
  readonly cmdline?: string;
  /** Text of /proc/mtd. */
  readonly mtd?: string;
  /** What plays /sbin/overlay_helper: text of a program; none where undefined. */
  readonly helper?: string;
  /** Files that exist on the storage before the boot, as absolute paths. */
  readonly storage?: Readonly<Record<string, string>>;
  /** Files below /sys before the boot, as absolute paths. */
  readonly sys?: Readonly<Record<string, string>>;
  /** Programs of the board that do more than a shim can: shell text after the shim's own, by name. */
  readonly programs?: Readonly<Record<string, string>>;
  /** The same before what the shim does to the model. */
  readonly before?: Readonly<Record<string, string>>;
  /** Where a block device is; nobody reads from it or writes to it. */
  readonly blockNode?: string;
  /** Releases by name, each with the texts of its files; /sbin/overlay_init is then a link into the one called `new`. */
  readonly releases?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Text of /sbin/init; one that records its execution unless said otherwise, none where null. */
  readonly init?: string | null;
  /** Where init is, when not at /sbin/init. */
  readonly initPath?: string;
  /** What the board's console types into the rescue shell. */
  readonly typed?: string;
}

export interface ShellStatus {
  readonly rung: string;
  readonly generation: string;
  readonly reset: string;
  /** The storage device that was found. */
  readonly storage: string;
  readonly repaired: string;
  readonly release: string;
  readonly reasons: readonly string[];
  readonly notes: readonly string[];
}

export interface ShellBoot {
  /** Every call of a program, with all its arguments, init included. */
  readonly calls: readonly (readonly string[])[];
  /** The model's mount table at the end: "target fstype". */
  readonly mounts: readonly string[];
  readonly status: ShellStatus | undefined;
  readonly console: string;
  /** What whoever logs in is told. */
  readonly login: string;
  /** Text of the files directly in /overlay/overlaykit, by name. */
  readonly state: Readonly<Record<string, string>>;
  /** Lines of the ledger, by the names of their files. */
  readonly ledger: Readonly<Record<string, string>>;
  /** What lies in /overlay/generations. */
  readonly generations: readonly string[];
}

interface BootLimits {
  readonly timeoutMs?: number;
  readonly keepStorage?: boolean;
  readonly until?: RegExp;
}

export class ShellBoard {
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
  }

  /** A board that lasts as long as the test. */
  static async make(t: ExecutionContext, shell: ShellName, files: ShellBoardFiles): Promise<ShellBoard> {
    const root = await mkdtemp(join(tmpdir(), 'ovl-shell-'));
    t.teardown(() => rm(root, { recursive: true, force: true }));
    const board = new ShellBoard(root);
    await board.#build(shell, files);
    return board;
  }

  /** One boot, in which the `failAt`-th call of a program fails (0: none). It is ended after `timeoutMs`, or when it has said `until`. */
  async boot(
    files: ShellBoardFiles,
    failAt: number,
    { timeoutMs = 20_000, keepStorage = false, until }: BootLimits = {},
  ): Promise<ShellBoot> {
    await this.#reset(files, failAt, keepStorage);
    const child = execa(
      requireTool('unshare'),
      [...namespaces(), 'sh', '-c', enterScript, 'sh', this.#root, files.blockNode ?? ''],
      {
        all: true,
        reject: false,
        ...(files.typed === undefined ? { stdin: 'ignore' as const } : { input: files.typed }),
        timeout: timeoutMs,
        killSignal: 'SIGKILL',
        env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
        extendEnv: false,
      },
    );
    let said = '';
    child.all.on('data', (chunk: Buffer) => {
      said += chunk.toString('latin1');
      if (until?.test(said) === true) child.kill('SIGKILL');
    });
    return this.#account((await child).all ?? '');
  }

  /** Paths below a folder of the board, sorted, directories with a slash behind them. */
  async tree(folder: string): Promise<readonly string[]> {
    const entries = await readdir(join(this.#root, folder), { recursive: true, withFileTypes: true });
    return entries
      .map(
        (entry) =>
          `${relative(join(this.#root, folder), join(entry.parentPath, entry.name))}${entry.isDirectory() ? '/' : ''}`,
      )
      .toSorted();
  }

  /** Writes a file of the board, by its path there. */
  async write(path: string, text: string): Promise<void> {
    await mkdir(join(this.#root, path, '..'), { recursive: true });
    await writeFile(join(this.#root, path), text);
  }

  /** Text of a file of the board; empty where there is none. */
  async read(path: string): Promise<string> {
    return readFile(join(this.#root, path), 'utf8').catch(() => '');
  }

  /** Removes what a boot has left, by its path in the board. */
  async remove(path: string): Promise<void> {
    await rm(join(this.#root, path), { recursive: true, force: true });
  }

  async #build(shell: ShellName, files: ShellBoardFiles): Promise<void> {
    const dirs = [
      'bin',
      'sbin',
      'shells',
      'shims',
      'lib',
      'lib64',
      'dev',
      'log/proc',
      'proc',
      'sys',
      'run',
      'mnt',
      'rom',
      'overlay',
    ];
    await Promise.all(dirs.map((dir) => mkdir(join(this.#root, dir), { recursive: true })));
    await copyFile(requireTool('busybox'), join(this.#root, 'shells/busybox'));
    // busybox goes by the name it is called with, so the shell under test is /bin/sh itself, no link and no wrapper.
    const program = await readFile(requireTool(shell));
    await writeFile(
      join(this.#root, 'bin/sh'),
      shell === 'busybox' ? withoutApplets(program, files.applets) : program,
    );
    await chmod(join(this.#root, 'bin/sh'), 0o755);
    const shims = join(import.meta.dirname, 'shims');
    const shim = await readFile(join(shims, 'shim.sh'), 'utf8');
    for (const applet of files.applets)
      await this.#install(
        `shims/${applet}`,
        `${shim.replace(/^# The model:.*$/m, (line) => `${files.before?.[applet] ?? ''}\n${line}`)}${files.programs?.[applet] ?? ''}`,
      );
    if (files.blockNode !== undefined) await makeBlockNode(join(this.#root, files.blockNode));
    const init = files.init === undefined ? await readFile(join(shims, 'init.sh'), 'utf8') : files.init;
    if (init !== null) await this.#install(files.initPath ?? 'sbin/init', init);
    await this.#install('sbin/overlay_init', files.overlayInit);
    if (files.helper !== undefined) await this.#install('sbin/overlay_helper', files.helper);
    await this.#installReleases(files.releases ?? {});
  }

  async #installReleases(releases: NonNullable<ShellBoardFiles['releases']>): Promise<void> {
    for (const [name, texts] of Object.entries(releases)) {
      for (const [file, text] of Object.entries(texts))
        await this.#install(`etc/overlaykit/releases/${name}/${file}`, text);
    }
    if (releases.new === undefined) return;
    const link = join(this.#root, 'sbin/overlay_init');
    await rm(link);
    await symlink('../etc/overlaykit/releases/new/overlay_init', link);
  }

  async #install(path: string, text: string): Promise<void> {
    await mkdir(join(this.#root, path, '..'), { recursive: true });
    await writeFile(join(this.#root, path), text);
    await chmod(join(this.#root, path), 0o755);
  }

  async #reset(files: ShellBoardFiles, failAt: number, keepStorage: boolean): Promise<void> {
    for (const dir of ['log', 'proc', 'run', 'mnt', 'sys', ...(keepStorage ? [] : ['overlay'])]) {
      await rm(join(this.#root, dir), { recursive: true, force: true });
      await mkdir(join(this.#root, dir));
    }
    await mkdir(join(this.#root, 'log/proc'));
    await writeFile(join(this.#root, 'log/calls'), '');
    await writeFile(join(this.#root, 'log/fail-at'), `${failAt}\n`);
    await writeFile(join(this.#root, 'log/proc/mounts'), '/dev/root / squashfs ro 0 0\n');
    await writeFile(join(this.#root, 'log/proc/cmdline'), `console=ttyS0 ${files.cmdline ?? ''}\n`);
    if (files.mtd !== undefined) await writeFile(join(this.#root, 'log/proc/mtd'), files.mtd);
    for (const [path, text] of Object.entries({ ...files.storage, ...files.sys })) {
      await mkdir(join(this.#root, path, '..'), { recursive: true });
      await writeFile(join(this.#root, path), text);
    }
    // What is the union in the model is a plain directory here: the tree that a lower layer would show through it.
    await cp(join(this.#root, 'sbin'), join(this.#root, 'mnt/sbin'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    if (files.initPath !== undefined)
      await cp(join(this.#root, 'opt'), join(this.#root, 'mnt/opt'), { recursive: true });
  }

  async #texts(dir: string): Promise<Readonly<Record<string, string>>> {
    const entries = await readdir(join(this.#root, dir), { withFileTypes: true }).catch(() => []);
    const files = entries.filter((entry) => entry.isFile());
    const texts = await Promise.all(files.map(({ name }) => readFile(join(this.#root, dir, name), 'utf8')));
    return Object.fromEntries(files.map(({ name }, index) => [name, texts[index] ?? '']));
  }

  async #account(console: string): Promise<ShellBoot> {
    const read = (path: string): Promise<string> => readFile(join(this.#root, path), 'utf8').catch(() => '');
    const status = await read('run/overlaykit/status.json');
    return {
      calls: (await read('log/calls'))
        .split('\x02')
        .filter((call) => call !== '')
        .map((call) => call.split('\x01')),
      mounts: (await read('log/proc/mounts'))
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => line.split(' ').slice(1, 3).join(' ')),
      status: status === '' ? undefined : JSON.parse(status),
      console,
      login: await read('run/overlaykit/login'),
      state: await this.#texts('overlay/overlaykit'),
      ledger: await this.#texts('overlay/overlaykit/boots'),
      generations: (await readdir(join(this.#root, 'overlay/generations')).catch(() => [])).toSorted(),
    };
  }
}

/** As root plainly; otherwise in a user namespace, where bind mounts and chroot are allowed too. */
function namespaces(): readonly string[] {
  const user = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return [...user, '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child'];
}

/** Who is not root cannot make one; enterScript then puts one of the host's there. */
async function makeBlockNode(path: string): Promise<void> {
  if (process.getuid?.() !== 0) return writeFile(path, '');
  await execa('mknod', [path, 'b', '7', '0']);
}

/** The host's libraries for dash and mksh, the root once more as the old root, nothing else; then the script as PID 1. */
const enterScript = `
  mount --bind /lib "$1/lib" && mount --bind /lib64 "$1/lib64" && mount --bind "$1" "$1/rom" || exit 99
  [ -z "$2" ] || [ -b "$1$2" ] || mount --bind "$(find /dev -type b | head -n 1)" "$1$2" || exit 98
  exec env -i HOME=/ TERM=linux PATH=/shims "$(command -v chroot)" "$1" /sbin/overlay_init one 'two words' 
`;
