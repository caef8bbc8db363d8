/**
 * UmlBoard: one run of user-mode Linux and the two lines to the board in it: the console, and the lab shell's.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Duplex, Readable, Writable } from 'node:stream';
import { lastLines } from '../../system/process.ts';
import type { Boot, CommandResult, Deadline, Ending, ShellPlace } from '../boot.ts';
import { Console, defaultWaitMs } from '../console.ts';
import { Life, type LifeOptions } from '../life.ts';
import { type MountEntry, parseMountinfo } from '../mountinfo.ts';
import { groupGone, killGroup, killNamespace } from '../sandbox/namespace.ts';
import { Shell } from '../shell.ts';
import { shellDescriptor } from './arguments.ts';
import { runLong } from './long-command.ts';

export interface UmlBoardParts {
  /** Launcher, kernel and its arguments, which name files in `folder`. */
  readonly command: readonly string[];
  /** Whether the launcher makes a PID namespace, of which the kernel is PID 1. */
  readonly inNamespace: boolean;
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly shell: ShellPlace;
  readonly life: LifeOptions;
  readonly tidy: () => Promise<void>;
}

/** How long an orderly shutdown may take before the power is cut, in milliseconds. */
const poweroffMs = 15_000;

export class UmlBoard implements Boot {
  readonly machine = 'uml';
  readonly exited: Promise<Ending>;
  readonly #console: Console;
  readonly #shellLine: Console;
  readonly #shell: Shell;
  readonly #life: Life;
  /** What the launcher said; the kernel itself says everything on the console. */
  readonly #complaints: Buffer[] = [];

  static start(parts: UmlBoardParts): UmlBoard {
    const [program = '', ...args] = parts.command;
    // A process group of its own, which is killed as a whole.
    const child = spawn(program, args, {
      cwd: parts.folder,
      env: parts.environment,
      stdio: ['pipe', 'pipe', 'pipe', 'pipe'],
      detached: true,
    });
    return new UmlBoard(child, parts);
  }

  private constructor(child: ChildProcess, parts: UmlBoardParts) {
    const [stdin, stdout, stderr] = [
      child.stdin as Writable,
      child.stdout as Readable,
      child.stderr as Readable,
    ];
    const shell = child.stdio[shellDescriptor] as Duplex;
    this.#console = new Console((text) => stdin.write(text));
    this.#shellLine = new Console((text) => shell.write(text));
    this.#shell =
      parts.shell === 'console'
        ? new Shell(this.#console, { greets: false })
        : new Shell(this.#shellLine, { greets: true });
    stdout.on('data', (bytes: Buffer) => this.#console.feed(bytes));
    stderr.on('data', (bytes: Buffer) => this.#complaints.push(bytes));
    shell.on('data', (bytes: Buffer) => this.#shellLine.feed(bytes));
    // A board that ends while it is typed to breaks the pipe; that it ended is told by `exited`.
    for (const line of [stdin, shell]) line.on('error', () => undefined);
    const kill = (): void => end(child.pid, parts.inNamespace);
    this.#life = new Life({ kill, gone: this.#gone(child), tidy: parts.tidy }, parts.life);
    this.exited = this.#life.exited.finally(() => this.#endLines());
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
    const until = Date.now() + (deadline.timeoutMs ?? defaultWaitMs);
    return runLong(command, (short) =>
      this.#shell.run(short, { ...deadline, timeoutMs: Math.max(1, until - Date.now()) }),
    );
  }

  async mountTable(deadline: Deadline = {}): Promise<readonly MountEntry[]> {
    const { output } = await this.run('cat /proc/self/mountinfo', deadline);
    return parseMountinfo(output);
  }

  cut(): Promise<Ending> {
    return this.#life.end({ kind: 'cut' });
  }

  poweroff(deadline: Deadline = {}): Promise<Ending> {
    const timeoutMs = deadline.timeoutMs ?? poweroffMs;
    // The board ends before the command does; that is what was wanted.
    const ask = (): void =>
      void this.run('sync; poweroff -f', { ...deadline, timeoutMs }).catch(() => undefined);
    return this.#life.endInOrder(ask, timeoutMs);
  }

  async #gone(child: ChildProcess): Promise<Ending> {
    const failed = once(child, 'error').then(
      ([error]) => ({ kind: 'failed', message: String(error) }) as const,
    );
    const closed = once(child, 'close').then(async ([code]) => {
      if (child.pid !== undefined) await groupGone(child.pid);
      return this.#endingOf(code as number | null);
    });
    return Promise.race([failed, closed]);
  }

  /** A panic is the board's own end, although the kernel's program then dies of SIGABRT. */
  #endingOf(code: number | null): Ending {
    if (code === 0 || this.console.includes('Kernel panic')) return { kind: 'off' };
    const said = lastLines(`${this.console}\n${Buffer.concat(this.#complaints)}`, 5);
    return { kind: 'failed', message: said || `exit code ${code}` };
  }

  #endLines(): void {
    this.#console.end();
    this.#shellLine.end();
  }
}

function end(launcher: number | undefined, inNamespace: boolean): void {
  if (launcher === undefined) return;
  if (inNamespace) killNamespace(launcher);
  else killGroup(launcher);
}
