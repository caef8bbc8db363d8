/**
 * VirtualBoard: one QEMU process and the two lines to the board in it. It never outlives us: its lifetime is bounded, it is
 * killed when we exit, and the kernel kills it when we are killed.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { lastLines } from '../../system/process.ts';
import { requireTool } from '../../system/tools.ts';
import type { Boot, CommandResult, Deadline, Ending, Machine } from '../boot.ts';
import { Console } from '../console.ts';
import { type MountEntry, parseMountinfo } from '../mountinfo.ts';
import { Shell } from '../shell.ts';

export interface VirtualBoardParts {
  readonly machine: Machine;
  /** QEMU and its arguments. */
  readonly command: readonly string[];
  /** Path of the socket that QEMU connects the lab shell's line to. */
  readonly shellSocket: string;
  readonly lifetimeMs: number;
  readonly signal?: AbortSignal;
  /** Removes what the board needed; called once, when QEMU has ended. */
  readonly tidy: () => Promise<void>;
}

/** How long an orderly shutdown may take before the power is cut, in milliseconds. */
const poweroffMs = 15_000;

export class VirtualBoard implements Boot {
  readonly machine: Machine;
  readonly exited: Promise<Ending>;
  /** Process id of QEMU. */
  readonly pid: number;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #console: Console;
  readonly #shell: Shell;
  #why: Ending | undefined;

  /**
   * Starts QEMU.
   * @throws Failure OVL413 when the process cannot be started
   */
  static async start(parts: VirtualBoardParts): Promise<VirtualBoard> {
    const line = new ShellLine();
    await line.listen(parts.shellSocket);
    // Killed like this even when we get no chance to do it ourselves (kill -9, out of memory).
    const child = spawn(requireTool('setpriv'), ['--pdeathsig', 'KILL', '--', ...parts.command], {
      stdio: 'pipe',
    });
    if (child.pid === undefined) {
      line.close();
      const [error] = await once(child, 'error');
      throw qemuFailed(String(error));
    }
    return new VirtualBoard(child, child.pid, line, parts);
  }

  private constructor(
    child: ChildProcessWithoutNullStreams,
    pid: number,
    line: ShellLine,
    parts: VirtualBoardParts,
  ) {
    this.machine = parts.machine;
    this.pid = pid;
    this.#child = child;
    this.#console = new Console((text) => child.stdin.write(text));
    this.#shell = new Shell(line.console, { greets: true });
    child.stdout.on('data', (bytes: Buffer) => this.#console.feed(bytes));
    // A board that ends while it is typed to breaks the pipe; that it ended is told by `exited`.
    child.stdin.on('error', () => undefined);
    this.exited = this.#live(line, parts);
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

  cut(): Promise<Ending> {
    this.#end({ kind: 'cut' });
    return this.exited;
  }

  async poweroff(deadline: Deadline = {}): Promise<Ending> {
    const timeoutMs = deadline.timeoutMs ?? poweroffMs;
    const timer = setTimeout(() => this.#end({ kind: 'cut' }), timeoutMs);
    // The board ends before the command does; that is what was wanted.
    this.run('sync; poweroff -f', { ...deadline, timeoutMs }).catch(() => undefined);
    try {
      return await this.exited;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Kills QEMU; the first reason given is the one that counts. */
  #end(why: Ending): void {
    this.#why ??= why;
    this.#child.kill('SIGKILL');
  }

  /** From power-on to the end, when nothing of the board is left. */
  async #live(line: ShellLine, parts: VirtualBoardParts): Promise<Ending> {
    const errors: Buffer[] = [];
    this.#child.stderr.on('data', (bytes: Buffer) => errors.push(bytes));
    const kill = (): void => void this.#child.kill('SIGKILL');
    const aborted = (): void => this.#end({ kind: 'cut' });
    const timer = setTimeout(() => this.#end(outlived(parts.lifetimeMs)), parts.lifetimeMs);
    process.once('exit', kill);
    parts.signal?.addEventListener('abort', aborted);
    if (parts.signal?.aborted) aborted();
    const [code] = await once(this.#child, 'close');
    clearTimeout(timer);
    process.off('exit', kill);
    parts.signal?.removeEventListener('abort', aborted);
    line.close();
    await parts.tidy();
    const said = lastLines(Buffer.concat(errors).toString());
    this.#why ??= code === 0 ? { kind: 'off' } : { kind: 'failed', message: said || `exit code ${code}` };
    this.#console.end();
    line.console.end();
    return this.#why;
  }

  /** A wait that ended because QEMU broke says what QEMU said, not what the board did not say. */
  async #orFailed<T>(wait: Promise<T>): Promise<T> {
    try {
      return await wait;
    } catch (error) {
      if (this.#why?.kind === 'failed') throw qemuFailed(this.#why.message);
      throw error;
    }
  }
}

/** The line of the lab shell: QEMU connects to our socket when it starts. */
class ShellLine {
  readonly console = new Console((text) => this.#socket?.write(text));
  readonly #server: Server = createServer((socket) => this.#connected(socket));
  #socket: Socket | undefined;

  async listen(path: string): Promise<void> {
    this.#server.listen(path);
    await once(this.#server, 'listening');
  }

  close(): void {
    this.#socket?.destroy();
    this.#server.close();
  }

  #connected(socket: Socket): void {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.console.feed(bytes));
    socket.on('error', () => undefined);
    this.#server.close();
  }
}

function outlived(lifetimeMs: number): Ending {
  return { kind: 'failed', message: `the board was still running after ${lifetimeMs / 1000} s` };
}

function qemuFailed(because: string): Failure {
  return new Failure({
    code: 'OVL413',
    severity: 'error',
    message: 'QEMU could not run the virtual board',
    because,
    fix: 'see what QEMU says above; a storage image serves one board at a time',
  });
}
