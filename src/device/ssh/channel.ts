/** One command over one channel of a connection: bounded in time and in what it may say, with stdin held back by the board. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client, ClientCallback, ClientChannel } from 'ssh2';
import { type BoardState, type Diagnostic, Failure } from '../../diagnostics/diagnostic.ts';
import { commandLine } from '../command-line.ts';
import {
  type Command,
  type Ending,
  type Loss,
  type Outcome,
  type RunOptions,
  runDefaults,
} from '../device.ts';
import { feed } from './feed.ts';
import { followSize, ptyOf } from './terminal.ts';

export interface Connection {
  readonly client: Client;
  readonly lost: Promise<Loss>;
  readonly name: string;
  /** Most bytes of a command that the server takes. */
  readonly longestLine: number;
}

/** How long the loss of the connection may take to show after a channel has ended, in milliseconds. */
const lossMs = 200;

const mostTries = 10;

/** @throws Failure OVL530 to OVL533; the reason of the signal; what stdin or onStdout throw */
export async function runOverChannel(
  connection: Connection,
  command: Command,
  options: RunOptions,
): Promise<Outcome> {
  options.signal?.throwIfAborted();
  const { line, preamble } = commandLine(command, connection.longestLine);
  const bounds = watch(connection, options);
  let channel: ClientChannel | undefined;
  try {
    const opened = await Promise.race([started(connection, line, options), bounds.broken]);
    const { ended } = opened;
    channel = opened.channel;
    const feeding = feed(channel, preamble, options, ended, bounds.touch);
    const work = Promise.all([
      ended,
      readStdout(channel, options, bounds),
      readStderr(channel, options, bounds),
      feeding,
    ]);
    const [ending, stdout, stderr] = await Promise.race([work, bounds.broken]);
    return { ending: ending ?? (await withoutEnding(connection, options)), stdout, stderr };
  } catch (error) {
    if (error instanceof RebootExpected)
      return { ending: { kind: 'disconnected' }, stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
    throw error;
  } finally {
    bounds.end();
    channel?.close();
  }
}

interface Bounds {
  /** Never fulfilled; rejected by the first bound that is broken. */
  readonly broken: Promise<never>;
  readonly touch: () => void;
  readonly tooMuch: (stream: string, limit: number) => void;
  readonly end: () => void;
}

class RebootExpected extends Error {}

function watch({ lost, name }: Connection, options: RunOptions): Bounds {
  const {
    deadlineMs = runDefaults.deadlineMs,
    silenceMs,
    signal,
    boardState = runDefaults.boardState,
  } = options;
  let reject: (reason: unknown) => void = () => {};
  const broken = new Promise<never>((_, no) => {
    reject = no;
  });
  broken.catch(() => {});
  const fail = (diagnostic: Omit<Diagnostic, 'severity'>): void =>
    reject(new Failure({ severity: 'error', boardState, ...diagnostic }));
  const abort = (): void => reject(signal?.reason);
  signal?.addEventListener('abort', abort);
  const timers: (NodeJS.Timeout | undefined)[] = [];
  const timer = (milliseconds: number | undefined, what: string): (() => void) => {
    if (milliseconds === undefined || !Number.isFinite(milliseconds)) return () => {};
    const one = setTimeout(
      () =>
        fail({
          code: 'OVL531',
          message: `a command on ${name} ${what} ${milliseconds / 1000} seconds`,
          because: 'it hangs, waits for something, or the board is slower than was thought',
        }),
      milliseconds,
    );
    timers.push(one);
    return () => one.refresh();
  };
  timer(deadlineMs, 'took longer than');
  const touch = timer(silenceMs, 'neither read nor wrote for');
  lost.then((loss) => reject(lossError(loss, name, boardState)));
  return {
    broken,
    touch,
    tooMuch: (stream, limit) =>
      fail({
        code: 'OVL532',
        message: `a command on ${name} wrote more than ${limit} bytes to ${stream}`,
        because: 'nothing that is asked of a board has so long an answer; it was ended',
      }),
    end: () => {
      for (const one of timers) clearTimeout(one);
      signal?.removeEventListener('abort', abort);
    },
  };
}

function lossError(loss: Loss, name: string, boardState: BoardState): Error {
  switch (loss.kind) {
    case 'rebooting':
      return new RebootExpected();
    case 'lost':
      return new Failure({ ...loss.diagnostic, boardState });
    case 'closed':
      return new Error(`the connection to ${name} was closed while a command ran, or before`);
  }
}

interface Opened {
  readonly channel: ClientChannel;
  readonly ended: Promise<Ending | undefined>;
}

/** A session that the server has no place for yet is asked for again: no command was started. */
async function started(connection: Connection, line: string, options: RunOptions): Promise<Opened> {
  for (let turn = 1; ; turn++) {
    try {
      return await open(connection, line, options);
    } catch (error) {
      const { reason } = ((error as Error).cause ?? {}) as { readonly reason?: unknown };
      if (typeof reason !== 'number' || turn === mostTries) throw error;
      await sleep(lossMs);
    }
  }
}

function open({ client, name }: Connection, line: string, { terminal }: RunOptions): Promise<Opened> {
  return new Promise((resolve, reject) => {
    // ssh2 throws where the connection is gone; the loss of it, which says why, is told by whoever watches it.
    const fail = (error: Error): void => void sleep(lossMs).then(() => reject(notStarted(name, error)));
    const exec = (callback: ClientCallback): void => {
      try {
        client.exec(line, ptyOf(terminal), callback);
      } catch (error) {
        fail(error as Error);
      }
    };
    exec((error, channel) => {
      if (error === undefined) {
        // Writing to a command that has ended is no error of ours.
        channel.on('error', () => {});
        channel.stderr.on('error', () => {});
        // Node destroys a stream that has ended at both sides, and ssh2 takes that for closing the channel, before the
        // exit status is there. Some servers then do not send one.
        channel.destroy = () => channel;
        followSize(channel, terminal);
        // At once: the end of a short command may be in the packet that is just being read.
        return resolve({ channel, ended: endingOf(channel) });
      }
      fail(error);
    });
  });
}

function notStarted(name: string, cause: Error): Failure {
  return new Failure(
    {
      code: 'OVL533',
      severity: 'error',
      message: `${name} does not run commands`,
      because: `the server refused to start one: ${cause.message}`,
      fix: 'look for a forced command (command= in authorized_keys, ForceCommand), and whether root has a shell',
      boardState: 'unchanged',
    },
    { cause },
  );
}

function endingOf(channel: ClientChannel): Promise<Ending | undefined> {
  let ending: Ending | undefined;
  return new Promise((resolve) => {
    channel.on('exit', (code: number | null, signal?: string) => {
      ending =
        code === null
          ? { kind: 'killed', signal: (signal ?? '').replace(/^SIG/, '') }
          : { kind: 'exited', code };
    });
    channel.on('close', () => resolve(ending));
  });
}

/** The channel ended without an exit status: the connection is just ending, or the server does not tell. */
async function withoutEnding({ lost, name }: Connection, options: RunOptions): Promise<never> {
  const boardState = options.boardState ?? runDefaults.boardState;
  const loss = await Promise.race([lost, sleep(lossMs)]);
  if (loss) throw lossError(loss, name, boardState);
  throw new Failure({
    code: 'OVL533',
    severity: 'error',
    message: `${name} did not say how a command ended`,
    because: 'the server closed its channel without an exit status',
    boardState,
  });
}

async function readStdout(channel: ClientChannel, options: RunOptions, bounds: Bounds): Promise<Buffer> {
  const { limit = runDefaults.limit, onStdout } = options;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of channel as AsyncIterable<Buffer>) {
    bounds.touch();
    if (onStdout !== undefined) {
      await onStdout(chunk);
      continue;
    }
    bytes += chunk.length;
    if (bytes <= limit) chunks.push(chunk);
    else {
      bounds.tooMuch('stdout', limit);
      break;
    }
  }
  return Buffer.concat(chunks);
}

async function readStderr(channel: ClientChannel, options: RunOptions, bounds: Bounds): Promise<Buffer> {
  const { limit = runDefaults.limit } = options;
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of channel.stderr as AsyncIterable<Buffer>) {
    bounds.touch();
    bytes += chunk.length;
    if (bytes <= limit) chunks.push(chunk);
    else {
      bounds.tooMuch('stderr', limit);
      break;
    }
  }
  return Buffer.concat(chunks);
}
