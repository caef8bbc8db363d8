/**
 * A board with a root that can be written, on this machine's kernel: an ext4 image as the root, extlinux.conf in it, which
 * is read before each boot as a boot loader reads it, and a Device into whichever boot runs. It comes back after a reboot.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { commandLine } from '../../src/device/command-line.ts';
import type {
  Command,
  Device,
  Loss,
  Outcome,
  ReconnectOptions,
  RunOptions,
} from '../../src/device/device.ts';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { type BusyboxRootOptions, busyboxTree } from '../../src/lab/roots/busybox.ts';
import type { RootFile } from '../../src/lab/roots/root-file.ts';
import { rootTar } from '../../src/lab/roots/root-tar.ts';
import type { SandboxBoard } from '../../src/lab/sandbox/sandbox-board.ts';
import { startSandbox } from '../../src/lab/sandbox/start.ts';
import { runTool } from '../../src/system/process.ts';
import { requireTool } from '../../src/system/tools.ts';
import { type BoardLoaderName, boardLoaders } from './board-loaders.ts';
import { standardInput } from './local-device.ts';

export const storageDevice = '/dev/mmcblk0p3';

/** The board file of these boards; `more` replaces or adds top-level keys. */
export function writableBoardText(more: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    version: 1,
    name: 'pole',
    arch: 'x86_64',
    kernel: { version: '6.1' },
    root: { type: 'ext4' },
    storage: { type: 'ext4', find: { path: storageDevice } },
    helper: { enabled: false },
    // Power that goes again and again is not what these boards are to fall back for.
    generations: { attempts: 99 },
    ...more,
  });
}

export interface WritableBoardOptions {
  readonly root?: Omit<BusyboxRootOptions, 'type' | 'out'>;
  /** extlinux by default. */
  readonly loader?: BoardLoaderName;
}

/** Makes an ext4 image with the lab's busybox root and a boot loader's configuration in it. */
export async function makeWritableRoot(image: string, options: WritableBoardOptions = {}): Promise<void> {
  const files = [...boardLoaders[options.loader ?? 'extlinux'].files, ...(options.root?.files ?? [])];
  await makeExt4(image, 48, await busyboxTree({ samples: false, ...options.root, files }));
}

/** Text of a file in an image, as a boot loader reads it: without the journal. */
export async function fileInImage(image: string, path: string): Promise<string> {
  const { stdout } = await execa(requireTool('debugfs'), ['-R', `cat ${path}`, image]);
  return stdout;
}

/** What a boot loader tells the kernel that it starts from this image. */
export async function readLoader(
  image: string,
  name: BoardLoaderName = 'extlinux',
): Promise<{ readonly init: string; readonly words: readonly string[] }> {
  const { path, words: wordsOf } = boardLoaders[name];
  const words = wordsOf(await fileInImage(image, path));
  const init = words.findLast((word) => word.startsWith('init='))?.slice('init='.length);
  return { init: init ?? '/sbin/init', words };
}

/** What a board's power cut is for a Device: thrown in the middle of a command. */
export function cutOff(): Failure {
  return new Failure({ code: 'OVL533', severity: 'error', message: 'the connection to the board went' });
}

export class WritableBoard implements Device {
  readonly name = 'pole';
  readonly lost: Promise<Loss> = new Promise(() => {});
  /** The scripts' words of every command that was run, for tests of the order. */
  readonly commands: string[][] = [];
  /** Consoles of the boots so far, the running one last. */
  readonly boots: SandboxBoard[] = [];
  /** Number of the command before which the power is cut; none where undefined. */
  cutBefore: number | undefined;
  /** Bytes of a command's stdin after which the power is cut, where more would come; none where undefined. */
  cutInside: number | undefined;
  readonly #folder: string;
  readonly #loader: BoardLoaderName | undefined;
  #stopped = false;
  #next: Promise<void> = Promise.resolve();

  static async make(options: WritableBoardOptions = {}): Promise<WritableBoard> {
    const folder = await mkdtemp(join(tmpdir(), 'ovl-writable-'));
    await makeWritableRoot(join(folder, 'root.img'), options);
    await makeExt4(join(folder, 'storage.img'), 16, []);
    return new WritableBoard(folder, options.loader);
  }

  private constructor(folder: string, loader: BoardLoaderName | undefined) {
    this.#folder = folder;
    this.#loader = loader;
  }

  get board(): SandboxBoard {
    const last = this.boots.at(-1);
    if (last === undefined) throw new Error('not booted');
    return last;
  }

  /** Boots what the boot loader's configuration says, and again whenever the board has ended by itself. */
  async boot(): Promise<void> {
    const { init, words } = await readLoader(join(this.#folder, 'root.img'), this.#loader);
    const board = await startSandbox({
      root: { kind: 'image', image: join(this.#folder, 'root.img'), type: 'ext4', writable: true },
      disks: [{ image: join(this.#folder, 'storage.img'), device: storageDevice }],
      init,
      words,
    });
    this.boots.push(board);
    this.#next = board.exited.then(({ kind }) =>
      kind === 'off' && !this.#stopped ? this.boot() : undefined,
    );
    await board.run(
      `echo ${randomUUID()} >/dev/boot_id && mount --bind /dev/boot_id /proc/sys/kernel/random/boot_id`,
    );
  }

  /** Cuts the power and switches it on again. */
  async powerCycle(): Promise<void> {
    await this.board.cut();
    await this.#next;
    this.cutBefore = undefined;
    this.cutInside = undefined;
    await this.boot();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.boots.at(-1)?.cut();
    await this.#next;
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Text of a file of the root while the board is off or running. */
  async fileOfRoot(path: string): Promise<string> {
    return fileInImage(join(this.#folder, 'root.img'), path);
  }

  async run(command: Command, options: RunOptions = {}): Promise<Outcome> {
    const last = command.kind === 'script' ? (command.text.trimEnd().split('\n').at(-1) ?? '') : '';
    this.commands.push([last, ...command.words]);
    if (this.cutBefore !== undefined && this.commands.length > this.cutBefore) throw cutOff();
    const { line, preamble } = commandLine(command);
    const { cutInside } = this;
    const { stdin } = options;
    if (cutInside === undefined || stdin === undefined || stdin instanceof Uint8Array)
      return within(this.board, line, preamble, options);
    let wasCut = false;
    const stopped = upTo(stdin, cutInside, async () => {
      wasCut = true;
      await this.board.cut();
    });
    const outcome = await within(this.board, line, preamble, { ...options, stdin: stopped });
    if (wasCut) throw cutOff();
    return outcome;
  }

  expectReboot(): void {}

  async reconnect({ deadlineMs }: ReconnectOptions): Promise<void> {
    const until = Date.now() + deadlineMs;
    const before = this.boots.length;
    // The reboot comes a second after its answer.
    while (this.boots.length === before && Date.now() < Math.min(until, Date.now() + 100)) await sleep(20);
    for (let waited = 0; waited < 8000 && this.boots.length === before; waited += 20) await sleep(20);
    await this.board.run('true');
  }

  async close(): Promise<void> {}
}

/** What comes is passed on until there is more of it than so many bytes. */
async function* upTo(
  source: AsyncIterable<Uint8Array>,
  bytes: number,
  onMore: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  let left = bytes;
  for await (const chunk of source) {
    yield chunk.subarray(0, left);
    left -= chunk.length;
    if (left >= 0) continue;
    // What is on the way still gets there, and is unpacked, on a machine that has much else to do too.
    await sleep(500);
    return await onMore();
  }
}

function entrance(board: SandboxBoard): readonly string[] {
  const namespaces = ['--mount', '--pid', '--net', '--uts', '--ipc', '--root', '--wd'];
  if (board.initPid === undefined) throw cutOff();
  return ['--target', String(board.initPid), ...namespaces, '--'];
}

/** Runs it beside what runs already. Its stdin ends when it does, whoever would still write. */
async function within(
  board: SandboxBoard,
  line: string,
  preamble: Uint8Array,
  options: RunOptions,
): Promise<Outcome> {
  const child = spawn(requireTool('nsenter'), [...entrance(board), '/bin/sh', '-c', line], {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    stdio: 'pipe',
    timeout: 60_000,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
  const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => {
    if (options.onStdout === undefined) stdout.push(chunk);
    else void options.onStdout(chunk);
  });
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => {});
  void feed(child.stdin, standardInput(preamble, options.stdin)).catch(() => child.kill());
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  child.stdin.destroy();
  return {
    ending: { kind: 'exited', code: code ?? 255 },
    stdout: Buffer.concat(stdout),
    stderr: Buffer.concat(stderr),
  };
}

async function feed(stdin: Writable, bytes: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of bytes) {
    if (stdin.destroyed) return;
    if (!stdin.write(chunk)) await once(stdin, 'drain');
  }
  stdin.end();
}

/** As root: the tree keeps its owners and device nodes. */
async function makeExt4(image: string, mebibytes: number, tree: readonly RootFile[]): Promise<void> {
  const folder = `${image}.tree`;
  await mkdir(folder);
  if (tree.length > 0) await runTool('tar', ['-x', '-p', '-C', folder], { input: await rootTar(tree) });
  await writeFile(image, '');
  await truncate(image, mebibytes * 2 ** 20);
  await runTool('mkfs.ext4', ['-q', '-d', folder, image]);
  await rm(folder, { recursive: true });
}
