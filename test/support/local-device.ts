/** The Device port on this machine: for tests of what is built on it. A prefix such as `chroot DIR` moves it elsewhere. */
import { execa } from 'execa';
import { commandLine } from '../../src/device/command-line.ts';
import {
  type Command,
  type Device,
  type Loss,
  type Outcome,
  type RunOptions,
  runDefaults,
} from '../../src/device/device.ts';

export interface LocalDeviceOptions {
  /** Words before `/bin/sh -c LINE`. */
  readonly prefix?: readonly string[];
  /** All of the environment; $PATH of this process by default. */
  readonly env?: Readonly<Record<string, string>>;
}

export function localDevice(options: LocalDeviceOptions = {}): Device {
  let end: (loss: Loss) => void = () => {};
  const lost = new Promise<Loss>((resolve) => {
    end = resolve;
  });
  return {
    name: 'local',
    lost,
    run: (command, runOptions = {}) => run(command, options, runOptions),
    expectReboot: () => {},
    reconnect: async () => {},
    close: async () => end({ kind: 'closed' }),
  };
}

async function run(command: Command, local: LocalDeviceOptions, options: RunOptions): Promise<Outcome> {
  const { line, preamble } = commandLine(command);
  const [file = '', ...words] = [...(local.prefix ?? []), '/bin/sh', '-c', line];
  const { limit = runDefaults.limit, deadlineMs = runDefaults.deadlineMs, onStdout } = options;
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const child = execa(file, words, {
    reject: false,
    encoding: 'buffer',
    extendEnv: false,
    stripFinalNewline: false,
    env: local.env ?? { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    stdin: whileRunning(standardInput(preamble, options.stdin), ended),
    buffer: { stdout: onStdout === undefined, stderr: true },
    maxBuffer: limit,
    ...(Number.isFinite(deadlineMs) ? { timeout: deadlineMs } : {}),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  });
  child.once('exit', end);
  if (onStdout !== undefined) for await (const chunk of child.stdout) await onStdout(chunk as Uint8Array);
  const result = await child;
  options.signal?.throwIfAborted();
  if (result.timedOut || result.isMaxBuffer) throw result;
  return {
    ending:
      result.signal === undefined
        ? { kind: 'exited', code: result.exitCode ?? 255 }
        : { kind: 'killed', signal: result.signal.replace(/^SIG/, '') },
    stdout: Buffer.from(result.stdout ?? []),
    stderr: Buffer.from(result.stderr ?? []),
  };
}

/** A source may wait for an answer that never comes, because the command has ended. */
async function* whileRunning(
  source: AsyncGenerator<Uint8Array>,
  ended: Promise<void>,
): AsyncGenerator<Uint8Array> {
  for (;;) {
    const next = await Promise.race([source.next(), ended]);
    if (next === undefined || next.done === true) return;
    yield next.value;
  }
}

/** What a command reads: what the device puts first, then what the caller has for it. */
export async function* standardInput(
  preamble: Uint8Array,
  stdin: RunOptions['stdin'] = new Uint8Array(),
): AsyncGenerator<Uint8Array> {
  yield preamble;
  if (stdin instanceof Uint8Array) yield stdin;
  else yield* stdin;
}
