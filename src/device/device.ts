/**
 * The Device port: a board on which commands can be run. SSH is one side of it (device/ssh/); a test's own machine, a
 * chroot or a virtual board are others.
 *
 * In: commands as values, bytes for their stdin. Out: how they ended and what they wrote, or a Failure with a code of 5xx.
 * This directory must not import cli: it asks people through callbacks.
 */
import type { BoardState, Diagnostic } from '../diagnostics/diagnostic.ts';

/** What is run on a board. No value of a person or a file is ever pasted into shell text. */
export type Command =
  /** A program and its arguments. */
  | { readonly kind: 'program'; readonly words: readonly [string, ...string[]] }
  /** POSIX sh text, and its positional words $1, $2 and so on. */
  | { readonly kind: 'script'; readonly text: string; readonly words: readonly string[] };

export function program(...words: readonly [string, ...string[]]): Command {
  return { kind: 'program', words };
}

export function script(text: string, ...words: readonly string[]): Command {
  return { kind: 'script', text, words };
}

/** How a command ended: by itself; by a signal, named without SIG as ssh does; or, after expectReboot(), with the connection. */
export type Ending =
  | { readonly kind: 'exited'; readonly code: number }
  | { readonly kind: 'killed'; readonly signal: string }
  | { readonly kind: 'disconnected' };

export interface Outcome {
  readonly ending: Ending;
  /** Empty where onStdout took it. */
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

export interface RunOptions {
  /** What the command reads on stdin; nothing by default. The iteration stops early where the command stops reading. */
  readonly stdin?: AsyncIterable<Uint8Array> | Uint8Array;
  /** Gets stdout as it comes instead of collecting it. The board is held back until the promise is there. */
  readonly onStdout?: (chunk: Uint8Array) => void | Promise<void>;
  /** Most bytes that stdout and stderr may have each (of stdout, where it is collected). A mebibyte by default. */
  readonly limit?: number;
  /** Longest time for the whole command in milliseconds; 30 seconds by default, Infinity for commands that last. */
  readonly deadlineMs?: number;
  /** Longest time in milliseconds without a byte in either direction; no bound by default. */
  readonly silenceMs?: number;
  readonly signal?: AbortSignal;
  /** Each piece of stdin is sent at once, and no more is waited for once the command has ended: somebody types it. */
  readonly live?: boolean;
  /** Runs the command on a terminal of its own, where stderr is part of stdout. */
  readonly terminal?: TerminalOptions;
  /** What a Failure says of the board when the command was cut short: "unchanged" for one that only reads. */
  readonly boardState?: BoardState;
}

export interface TerminalOptions {
  /** As it is now; `type` is that of $TERM. */
  readonly size: () => { readonly type: string; readonly columns: number; readonly rows: number };
  /** Calls when the size has changed, until what it returns is called. */
  readonly onResize: (changed: () => void) => () => void;
}

export const runDefaults = { limit: 1 << 20, deadlineMs: 30_000, boardState: 'unknown' } as const;

/** Why a connection ended. */
export type Loss =
  /** By close(). */
  | { readonly kind: 'closed' }
  /** After expectReboot(). */
  | { readonly kind: 'rebooting' }
  /** Nobody wanted it. */
  | { readonly kind: 'lost'; readonly diagnostic: Diagnostic };

export interface Device {
  /** What the person typed. */
  readonly name: string;
  /** Is fulfilled when the present connection has ended, never rejected. reconnect() starts a new one. */
  readonly lost: Promise<Loss>;
  /**
   * Runs a command with LC_ALL=C and the usual folders at the end of $PATH. Commands may
   * be asked for at the same time; a server that cannot run them so (dropbear) gets one after the other.
   * @throws Failure (5xx) when it cannot be started, takes too long, says too much or the connection ends; the reason
   * of the signal when it is aborted. An exit code other than 0 is an Outcome.
   */
  run(command: Command, options?: RunOptions): Promise<Outcome>;
  /** Says that the board is about to restart: from now on the end of the connection is no error. */
  expectReboot(): void;
  /**
   * Waits for the connection to end, and for the board to answer again; everything that was checked at first is checked
   * again, the host key above all.
   * @throws Failure (5xx) when it does not within the time, and at once for another host key
   */
  reconnect(options: ReconnectOptions): Promise<void>;
  close(): Promise<void>;
}

export interface ReconnectOptions {
  /** Longest time for all of it in milliseconds. */
  readonly deadlineMs: number;
  readonly signal?: AbortSignal;
}

/** Whether a command ended with exit code 0. */
export function succeeded({ ending }: Outcome): boolean {
  return ending.kind === 'exited' && ending.code === 0;
}
