/**
 * Entrance: how commands get into a sandbox from outside, and when: not before the board's init has brought it up.
 */
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { requireTool } from '../../system/tools.ts';
import type { CommandResult, Deadline } from '../boot.ts';
import { defaultWaitMs } from '../console.ts';
import { labShellGreeting } from '../labshell.ts';
import type { NamespaceMode } from './available.ts';
import { killGroup } from './namespace.ts';
import { boundingSet } from './privileges.ts';

export interface EntranceParts {
  /** This machine's process id of the board's PID 1; undefined when it has ended. */
  readonly init: () => number | undefined;
  readonly mode: NamespaceMode;
  readonly labShell: boolean;
  readonly ended: () => boolean;
}

/** Where the lab shell's script leaves its greeting, as the board sees it. */
const greetingPath = '/dev/labshell';

/** The environment of a command: what busybox init and systemd give their services, no more. */
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', TERM: 'linux' } as const;

export class Entrance {
  readonly #parts: EntranceParts;
  #up = false;

  constructor(parts: EntranceParts) {
    this.#parts = parts;
  }

  /**
   * Runs one command beside those that run already.
   * @throws Failure OVL410 when the deadline passes, OVL411 when the board ends first
   */
  async run(command: string, deadline: Deadline = {}): Promise<CommandResult> {
    const until = Date.now() + (deadline.timeoutMs ?? defaultWaitMs);
    const init = await this.#waitUntilUp(until, deadline);
    const user = this.#parts.mode === 'user' ? ['--user', '--preserve-credentials'] : [];
    const namespaces = ['--mount', '--pid', '--net', '--uts', '--ipc', '--root', '--wd'];
    // The shell merges the two outputs, which keeps their order.
    const shell = ['/bin/sh', '-c', 'exec 2>&1; eval "$1"', 'sh', command];
    const child = execa(
      requireTool('setpriv'),
      [
        boundingSet,
        '--',
        requireTool('nsenter'),
        '--target',
        String(init),
        ...user,
        ...namespaces,
        '--',
        ...shell,
      ],
      {
        reject: false,
        stdin: 'ignore',
        stderr: 'ignore',
        extendEnv: false,
        env: environment,
        stripFinalNewline: false,
        detached: true,
      },
    );
    const { result, late } = await this.#within(child, until, deadline.signal);
    if (deadline.signal?.aborted) throw deadline.signal.reason;
    if (late) throw tooLate(`"${command}" did not end`);
    if (result.exitCode === undefined) throw endedFirst(`"${command}" ended`);
    return { output: result.stdout, exitCode: result.exitCode };
  }

  /** Kills the command's whole group: nsenter waits in one process for the command in another. */
  async #within<T extends { readonly pid?: number } & Promise<unknown>>(
    child: T,
    until: number,
    signal: AbortSignal | undefined,
  ): Promise<{ readonly result: Awaited<T>; readonly late: boolean }> {
    let late = false;
    const kill = (): void => {
      if (child.pid !== undefined) killGroup(child.pid);
    };
    const expire = (): void => {
      late = true;
      kill();
    };
    const timer = setTimeout(expire, Math.max(1, until - Date.now()));
    signal?.addEventListener('abort', kill);
    try {
      return { result: await child, late };
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', kill);
    }
  }

  /** The process id of PID 1, once the board is up. */
  async #waitUntilUp(until: number, deadline: Deadline): Promise<number> {
    for (;;) {
      deadline.signal?.throwIfAborted();
      const init = this.#parts.init();
      if (init !== undefined && (this.#up || (await this.#isUp(init)))) {
        this.#up = true;
        return init;
      }
      if (init === undefined && this.#parts.ended()) throw endedFirst('its init brought it up');
      if (Date.now() > until) throw tooLate('its init did not bring it up');
      await sleep(5);
    }
  }

  async #isUp(init: number): Promise<boolean> {
    if (this.#parts.labShell) {
      return (await read(`/proc/${init}/root${greetingPath}`)).startsWith(labShellGreeting);
    }
    const [program = ''] = (await read(`/proc/${init}/cmdline`)).split('\0');
    return basename(program) === 'init';
  }
}

/** Empty while there is no such file, or no such process any more. */
async function read(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}

function tooLate(what: string): Failure {
  return new Failure({
    code: 'OVL410',
    severity: 'error',
    message: `the virtual board took too long: ${what}`,
    because: 'every wait for a virtual board has a limit',
    fix: 'look at the console; on a busy machine allow more time',
  });
}

function endedFirst(what: string): Failure {
  return new Failure({
    code: 'OVL411',
    severity: 'error',
    message: `the virtual board ended before ${what}`,
    because: 'a board that has ended runs nothing',
    fix: 'the end of the console tells why it ended',
  });
}
