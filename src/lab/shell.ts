/**
 * Shell: runs commands over a terminal line on which a POSIX sh reads, and tells each command's output and exit code.
 *
 * A command's output stands between two marks that contain 128 random bits, so nothing that the board prints can be taken
 * for them; they are sent in two pieces, so that a terminal that echoes does not fake them either. Each command runs in a
 * subshell without input: it cannot eat the following commands, and `exit` ends only itself.
 *
 * On the lab shell's own line (labshell.ts) nothing else is printed. On the console, kernel messages come in between: a
 * console shell is first told to keep the kernel quiet, and both marks stand alone on a line.
 */
import { randomBytes } from 'node:crypto';
import type { CommandResult, Deadline } from './boot.ts';
import { type Console, defaultWaitMs } from './console.ts';
import { labShellGreeting } from './labshell.ts';

/** How often a console is asked whether a shell reads there by now, in milliseconds. */
const probeEveryMs = 300;

export class Shell {
  readonly #line: Console;
  readonly #greets: boolean;
  #ready: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  /** @param greets whether a lab shell announces itself on this line; otherwise the line is probed for a shell */
  constructor(line: Console, options: { readonly greets: boolean }) {
    this.#line = line;
    this.#greets = options.greets;
  }

  /**
   * Runs one command after those asked for before it.
   * @throws Failure OVL410 when the deadline passes, OVL411 when the board ends first
   */
  run(command: string, deadline: Deadline = {}): Promise<CommandResult> {
    const result = this.#last.then(() => this.#runNow(command, deadline));
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #runNow(command: string, deadline: Deadline): Promise<CommandResult> {
    const until = Date.now() + (deadline.timeoutMs ?? defaultWaitMs);
    const remaining = (): Deadline => ({ ...deadline, timeoutMs: Math.max(1, until - Date.now()) });
    await this.#waitUntilReady(remaining());
    const id = randomBytes(16).toString('hex');
    const from = this.#line.text.length;
    this.#line.type(script(command, id));
    const [, output = '', code] = await this.#line.waitFor(
      new RegExp(`begin-${id}\\n([^]*?)\\nend-${id} (\\d+)\\n`),
      remaining(),
      { from, what: `finish ${JSON.stringify(command)}` },
    );
    return { output, exitCode: Number(code) };
  }

  /** A failed wait is not remembered: the board may only have been slow. */
  async #waitUntilReady(deadline: Deadline): Promise<void> {
    this.#ready ??= this.#greets ? this.#awaitGreeting(deadline) : this.#probe(deadline);
    try {
      await this.#ready;
    } catch (error) {
      this.#ready = undefined;
      throw error;
    }
  }

  async #awaitGreeting(deadline: Deadline): Promise<void> {
    await this.#line.waitFor(labShellGreeting, deadline, { what: 'start its lab shell' });
  }

  /** What is typed before a shell reads is lost or read late; every answer to any probe will do. */
  async #probe(deadline: Deadline): Promise<void> {
    const id = randomBytes(8).toString('hex');
    const probe = (): void => this.#line.type(`\necho reads-$((6*7))-${id}\n`);
    const timer = setInterval(probe, probeEveryMs);
    try {
      probe();
      await this.#line.waitFor(`reads-42-${id}`, deadline, { what: 'start a shell' });
    } finally {
      clearInterval(timer);
    }
    this.#line.type('stty -echo; echo 1 > /proc/sys/kernel/printk\n');
  }
}

/**
 * The text typed for one command. The line feed before the end mark is always ours, so a command's output comes back
 * exactly as it was printed, with or without a line feed at its end. The quotes inside the marks keep an echo of this text
 * from looking like them.
 */
function script(command: string, id: string): string {
  const quoted = `'${command.replaceAll("'", `'\\''`)}'`;
  return `echo; echo begin'-'${id}; (eval ${quoted}) < /dev/null 2>&1; status=$?; echo; echo end'-'${id} $status\n`;
}
