/**
 * SandboxBoard: one board in namespaces on this machine's kernel. The console is a terminal that only it has; commands
 * enter its namespaces from outside.
 *
 * cut() kills it, and the kernel then unmounts its storage as always: what is on the storage afterwards says nothing about
 * power cuts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { lastLines } from '../../system/process.ts';
import type { Boot, CommandResult, Deadline, Ending } from '../boot.ts';
import { Console } from '../console.ts';
import { Life, type LifeOptions } from '../life.ts';
import { type MountEntry, parseMountinfo } from '../mountinfo.ts';
import type { NamespaceMode } from './available.ts';
import { Entrance } from './entrance.ts';
import { groupGone, initOf, killNamespace } from './namespace.ts';
import { readOnlyInProc } from './privileges.ts';
import { isSetUp } from './setup.ts';

export interface SandboxBoardParts {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly mode: NamespaceMode;
  readonly labShell: boolean;
  readonly life: LifeOptions;
  readonly tidy: () => Promise<void>;
}

/** How long an orderly shutdown may take before the power is cut, in milliseconds. */
const poweroffMs = 15_000;

/** The descriptor on which the set-up says what went wrong; setup.ts names it too. */
const troubleDescriptor = 3;

/** Files that the sandbox puts in place of hardware and of /proc's, and that a board does not have as mounts. */
const furniture = new RegExp(
  `^/(dev/(console|null|zero|random|urandom|tty)|proc/(cmdline|${readOnlyInProc.join('|')}))$`,
);

export class SandboxBoard implements Boot {
  readonly machine = 'sandbox';
  readonly exited: Promise<Ending>;
  readonly #console: Console;
  readonly #entrance: Entrance;
  readonly #life: Life;
  readonly #init: () => number | undefined;

  /**
   * Starts the board and waits until its init is executed.
   * @throws Failure OVL432 with what went wrong before that
   */
  static async start(parts: SandboxBoardParts): Promise<SandboxBoard> {
    const [program = '', ...args] = parts.command;
    // A process group of its own, which is killed as a whole while there is no namespace yet.
    const child = spawn(program, args, {
      env: parts.environment,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const board = new SandboxBoard(child, parts);
    const trouble = await troubleOf(child.stdio[troubleDescriptor] as Readable);
    if (trouble === undefined) return board;
    await board.cut();
    throw notSetUp(trouble);
  }

  private constructor(child: ChildProcess, parts: SandboxBoardParts) {
    const [stdin, stdout, stderr] = [
      child.stdin as Writable,
      child.stdout as Readable,
      child.stderr as Readable,
    ];
    this.#console = new Console((typed) => stdin.write(typed));
    for (const from of [stdout, stderr]) from.on('data', (bytes: Buffer) => this.#console.feed(bytes));
    // A board that ends while it is typed to breaks the pipe; that it ended is told by `exited`.
    stdin.on('error', () => undefined);
    const kill = (): void => {
      if (child.pid !== undefined) killNamespace(child.pid);
    };
    this.#life = new Life({ kill, gone: gone(child), tidy: parts.tidy }, parts.life);
    this.exited = this.#life.exited.finally(() => this.#console.end());
    this.#init = () => (child.pid === undefined ? undefined : initOf(child.pid));
    this.#entrance = new Entrance({
      init: this.#init,
      mode: parts.mode,
      labShell: parts.labShell,
      ended: () => this.#console.ended,
    });
  }

  /** This machine's process id of the board's PID 1, for nsenter; undefined when it has ended. */
  get initPid(): number | undefined {
    return this.#init();
  }

  get console(): string {
    return this.#console.text;
  }

  waitFor(pattern: RegExp | string, deadline: Deadline = {}): Promise<RegExpMatchArray> {
    return this.#console.waitFor(pattern, deadline);
  }

  send(line: string): void {
    this.#console.type(`${line}\n`);
  }

  run(command: string, deadline: Deadline = {}): Promise<CommandResult> {
    return this.#entrance.run(command, deadline);
  }

  async mountTable(deadline: Deadline = {}): Promise<readonly MountEntry[]> {
    const { output } = await this.run('cat /proc/self/mountinfo', deadline);
    return parseMountinfo(output).filter(({ target }) => !furniture.test(target));
  }

  cut(): Promise<Ending> {
    return this.#life.end({ kind: 'cut' });
  }

  poweroff(deadline: Deadline = {}): Promise<Ending> {
    const timeoutMs = deadline.timeoutMs ?? poweroffMs;
    // Unmounting syncs; a sync by hand would wait for all of this machine's disks.
    const ask = (): void => void this.run('poweroff -f', { ...deadline, timeoutMs }).catch(() => undefined);
    return this.#life.endInOrder(ask, timeoutMs);
  }
}

/** What the set-up said before it gave up; undefined when it did not give up. */
async function troubleOf(line: Readable): Promise<string | undefined> {
  let said = '';
  for await (const bytes of line) {
    said += String(bytes);
    if (said.endsWith(`${isSetUp}\n`)) return undefined;
  }
  return said || 'it ended without a word';
}

/**
 * How it ended by itself. A board cannot break the machine under it, so once its init runs every end is the board's own:
 * the kernel kills its PID 1 with SIGINT for poweroff and SIGHUP for reboot, and an init that exits is a kernel panic.
 */
async function gone(child: ChildProcess): Promise<Ending> {
  const failed = once(child, 'error').then(
    ([error]) => ({ kind: 'failed', message: String(error) }) as const,
  );
  const closed = once(child, 'close').then(async () => {
    if (child.pid !== undefined) await groupGone(child.pid);
    return { kind: 'off' } as const;
  });
  return Promise.race([failed, closed]);
}

function notSetUp(trouble: string): Failure {
  return new Failure({
    code: 'OVL432',
    severity: 'error',
    message: 'the namespace sandbox could not be set up',
    because: lastLines(trouble),
    fix: "check the image and its type; this machine's /proc/filesystems lists what its kernel can mount",
  });
}
