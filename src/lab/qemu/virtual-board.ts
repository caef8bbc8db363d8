/**
 * VirtualBoard: one QEMU process and the two lines to the board in it, the console and the lab shell's. The kernel kills
 * QEMU when we are killed; everything else about its end is in Life.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { lastLines } from '../../system/process.ts';
import { requireTool } from '../../system/tools.ts';
import type { Boot, CommandResult, Deadline, Ending, Machine, ShellPlace } from '../boot.ts';
import { Console } from '../console.ts';
import { Life, type LifeOptions } from '../life.ts';
import { type MountEntry, parseMountinfo } from '../mountinfo.ts';
import { Shell } from '../shell.ts';
import { FollowedFile } from './followed-file.ts';
import { ShellLine } from './shell-line.ts';

export interface VirtualBoardParts {
  readonly machine: Machine;
  /** QEMU and its arguments. */
  readonly command: readonly string[];
  /** Path of the socket that QEMU connects the lab shell's line to. */
  readonly shellSocket: string;
  /** The file that QEMU writes the console to; else it comes on stdout. */
  readonly consoleFile?: string;
  readonly shell?: ShellPlace;
  readonly life: LifeOptions;
  /** Removes what the board needed; called once, when QEMU has ended. */
  readonly tidy: () => Promise<void>;
}

/** How long an orderly shutdown may take before the power is cut, in milliseconds. */
const poweroffMs = 15_000;

export class VirtualBoard implements Boot {
  readonly machine: Machine;
  readonly exited: Promise<Ending>;
  readonly #console: Console;
  readonly #shell: Shell;
  readonly #life: Life;
  readonly #child: ChildProcessWithoutNullStreams;

  /** Starts QEMU; what keeps it from starting is told by `exited` and by every wait. */
  static async start(parts: VirtualBoardParts): Promise<VirtualBoard> {
    const said: { text: () => string } = { text: () => '' };
    const line = new ShellLine(() => said.text());
    await line.listen(parts.shellSocket);
    // Killed like this even when we get no chance to do it ourselves (kill -9, out of memory).
    const child = spawn(requireTool('setpriv'), ['--pdeathsig', 'KILL', '--', ...parts.command], {
      stdio: 'pipe',
    });
    const board = new VirtualBoard(child, line, parts);
    said.text = () => board.console;
    return board;
  }

  private constructor(child: ChildProcessWithoutNullStreams, line: ShellLine, parts: VirtualBoardParts) {
    this.machine = parts.machine;
    this.#child = child;
    this.#console = new Console((text) => child.stdin.write(text));
    this.#shell =
      parts.shell === 'console'
        ? new Shell(this.#console, { greets: false })
        : new Shell(line.console, { greets: true });
    const feed = (bytes: Buffer): void => this.#console.feed(bytes);
    const file = parts.consoleFile === undefined ? undefined : new FollowedFile(parts.consoleFile, feed);
    child.stdout.on('data', feed);
    // A board that ends while it is typed to breaks the pipe; that it ended is told by `exited`.
    child.stdin.on('error', () => undefined);
    const gone = endOf(child).finally(() => file?.close());
    this.#life = new Life({ kill: () => child.kill('SIGKILL'), gone, tidy: parts.tidy }, parts.life);
    this.exited = this.#life.exited.finally(() => {
      line.close();
      for (const one of [this.#console, line.console]) one.end();
    });
  }

  get console(): string {
    return this.#console.text;
  }

  waitFor(pattern: RegExp | string, deadline: Deadline = {}): Promise<RegExpMatchArray> {
    return this.#orFailed(this.#console.waitFor(pattern, deadline));
  }

  send(line: string): void {
    this.#console.type(`${line}\n`);
  }

  run(command: string, deadline: Deadline = {}): Promise<CommandResult> {
    return this.#orFailed(this.#shell.run(command, deadline));
  }

  async mountTable(deadline: Deadline = {}): Promise<readonly MountEntry[]> {
    const { output } = await this.run('cat /proc/self/mountinfo', deadline);
    return parseMountinfo(output);
  }

  /**
   * Stops everything between two instructions of this machine; returns when every thread stands still, so that the files
   * of the board's devices have what a power cut at this moment would leave. Goes on with thaw(), ends with cut().
   */
  async freeze(): Promise<void> {
    if (this.#child.pid === undefined || !this.#child.kill('SIGSTOP')) return;
    while (this.#life.why === undefined && !(await standsStill(this.#child.pid))) await sleep(1);
  }

  thaw(): void {
    this.#child.kill('SIGCONT');
  }

  cut(): Promise<Ending> {
    this.#life.end({ kind: 'cut' });
    return this.exited;
  }

  async poweroff(deadline: Deadline = {}): Promise<Ending> {
    const timeoutMs = deadline.timeoutMs ?? poweroffMs;
    // The board ends before the command does; that is what was wanted.
    const ask = (): void =>
      void this.run('sync; poweroff -f', { ...deadline, timeoutMs }).catch(() => undefined);
    await this.#life.endInOrder(ask, timeoutMs);
    return this.exited;
  }

  /** A wait that ended because QEMU broke says what QEMU said, not what the board did not say. */
  async #orFailed<T>(wait: Promise<T>): Promise<T> {
    try {
      return await wait;
    } catch (error) {
      const why = this.#life.why;
      if (why?.kind !== 'failed') throw error;
      throw new Failure(
        {
          code: 'OVL413',
          severity: 'error',
          message: 'the virtual board could not be run to its end',
          because: why.message,
          fix: 'a storage image serves one board at a time; a busy machine may need more time',
        },
        { cause: error },
      );
    }
  }
}

/** Whether every thread of a process is stopped, or it is gone. proc(5): the state follows the name in brackets. */
async function standsStill(pid: number): Promise<boolean> {
  const threads = await readdir(`/proc/${pid}/task`).catch(() => []);
  const states = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8').catch(() => ') X')),
  );
  return states.every((stat) => /^[TtXZ]/.test(stat.slice(stat.lastIndexOf(')') + 2)));
}

/** How QEMU ends by itself. It says 0 for every end of the board in it: power-off, reboot, panic. */
async function endOf(child: ChildProcessWithoutNullStreams): Promise<Ending> {
  const errors: Buffer[] = [];
  child.stderr.on('data', (bytes: Buffer) => errors.push(bytes));
  const failed = once(child, 'error').then(([error]): Ending => ({ kind: 'failed', message: String(error) }));
  const closed = once(child, 'close').then(([code]): Ending => {
    if (code === 0) return { kind: 'off' };
    const said = lastLines(Buffer.concat(errors).toString());
    return { kind: 'failed', message: said || `exit code ${code}` };
  });
  return Promise.race([failed, closed]);
}
