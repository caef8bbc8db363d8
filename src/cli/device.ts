/**
 * How a command gets its board: the HOST that was typed, else OVL_HOST, else the target of the board file; the options of the
 * login; and the questions, which only a person at a terminal is asked.
 */
import { accessSync, constants } from 'node:fs';
import type { Board } from '../board/schema.ts';
import { parseDuration } from '../board/units.ts';
import type { Device } from '../device/device.ts';
import { parseAddress } from '../device/ssh/address.ts';
import type { Questions, ShownHostKey } from '../device/ssh/questions.ts';
import type { ConnectOptions, connectDevice } from '../device/ssh/ssh-device.ts';
import { Failure, unwrap } from '../diagnostics/diagnostic.ts';
import { visible } from '../diagnostics/escape.ts';
import { fileFailure } from '../system/files.ts';
import { ask } from './ask.ts';
import type { Argument, Context, Input, Option } from './command.ts';
import { askSecret } from './secret.ts';
import { usageFailure } from './usage.ts';

export const hostArgument: Argument = {
  name: 'HOST',
  what: 'the board: a host of the ssh configuration, user@host:port or ssh://...; default: $OVL_HOST',
  required: false,
  completion: 'none',
};

/** The options of every command that logs in to a board. */
export const deviceOptions: readonly Option[] = [
  { flags: '--port <PORT>', what: 'TCP port of the SSH server', completion: 'none' },
  { flags: '--identity <FILE>', what: 'private key that is tried first', completion: 'file' },
  {
    flags: '--host-key <FINGERPRINT>',
    what: 'the only host key that will do, as SHA256:...; nothing is asked then',
    completion: 'none',
  },
  { flags: '--ask-password', what: 'ask for the password before connecting' },
  {
    flags: '--connect-timeout <TIME>',
    what: 'longest time to connect and log in, such as 10s',
    completion: 'none',
  },
  { flags: '--ssh-config <FILE>', what: 'instead of ~/.ssh/config', completion: 'file' },
];

/** The target of a board file. */
export type Target = NonNullable<Board['target']>;

/** The name of the board that is meant; undefined where nobody said one. */
export function hostOf(word: string | undefined, context: Context, target?: Target): string | undefined {
  const typed = word ?? (context.env.OVL_HOST === '' ? undefined : context.env.OVL_HOST);
  if (typed !== undefined || target === undefined) return typed;
  return addressText(target);
}

/** @throws Failure OVL003 where nobody said which board is meant */
export function requireHost(word: string | undefined, context: Context, target?: Target): string {
  const host = hostOf(word, context, target);
  if (host !== undefined) return host;
  throw usageFailure('OVL003', 'no board was named', 'name a HOST, or set OVL_HOST');
}

/**
 * HOST and COMMAND of a line that has both. Where OVL_HOST names the board, all words behind a "--" that comes first are the command's.
 * @throws Failure OVL003 where nobody said which board is meant
 */
export function hostAndCommand(
  { words, allBehindDashes }: Pick<Input, 'words' | 'allBehindDashes'>,
  context: Context,
): { readonly host: string; readonly command: readonly string[] } {
  const host = hostOf(undefined, context);
  if (allBehindDashes && host !== undefined) return { host, command: words };
  return { host: requireHost(words[0], context), command: words.slice(1) };
}

/**
 * Logs in to a board, does something with it, and leaves it in every case.
 * @throws Failure OVL002 to OVL006 for options that make no sense, OVL433 where ssh2 is missing, OVL5xx where the board cannot be
 * reached
 */
export async function withDevice<T>(
  host: string,
  input: Input,
  context: Context,
  use: (device: Device) => Promise<T>,
  target?: Target,
): Promise<T> {
  const options = await connectOptions(host, input, context, target);
  const connect = await loadConnect();
  const device = await connect(withPort(host, input.value('port')), options);
  try {
    return await use(device);
  } finally {
    await device.close();
  }
}

/** Loads what logs in, and ssh2 with it: not for the help of a command, nor for a line with a mistake in it. */
async function loadConnect(): Promise<typeof connectDevice> {
  try {
    return (await import('../device/ssh/ssh-device.ts')).connectDevice;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // The one is said of a package that is missing, the other of one that such a package needs.
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    const said = 'the part of ovl that logs in to boards cannot be loaded';
    const because = visible(message.split('\n')[0] ?? '');
    const fix = 'npm install overlaykit, which brings the packages that it needs';
    const missing = { code: 'OVL433', severity: 'error', message: said, because, fix } as const;
    throw new Failure({ ...missing, boardState: 'unchanged' }, { cause: error });
  }
}

async function connectOptions(
  host: string,
  input: Input,
  context: Context,
  target: Target | undefined,
): Promise<ConnectOptions> {
  const identity = readable(input.value('identity'));
  const configFile = readable(input.value('ssh-config'));
  const hostKey = fingerprintOf(input.value('host-key'));
  const connectTimeoutMs = timeOf(input.value('connect-timeout'));
  const password = input.flag('ask-password') ? await passwordFor(host, context) : undefined;
  return {
    signal: context.signal,
    legacyAlgorithms: target?.legacy_algorithms ?? [],
    ...(context.interactive ? { questions: questionsOf(context) } : {}),
    ...(identity === undefined ? {} : { identity }),
    ...(configFile === undefined ? {} : { configFile }),
    ...(hostKey === undefined ? {} : { hostKey }),
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    ...(password === undefined ? {} : { password }),
  };
}

async function passwordFor(host: string, context: Context): Promise<string> {
  if (!context.interactive) {
    const fix = 'run it on a terminal, or log in with a key: --identity FILE';
    throw usageFailure('OVL006', '--ask-password, and nobody can be asked', fix);
  }
  const answer = await askSecret(`Password for ${visible(host)}`, context.signal);
  if (answer === undefined) throw usageFailure('OVL006', 'no password was given', 'ovl probe --help');
  return answer;
}

function questionsOf(context: Context): Questions {
  return {
    acceptHostKey: (shown, signal) => acceptHostKey(shown, AbortSignal.any([signal, context.signal])),
    secret: async ({ text, echo }, signal) => {
      const either = AbortSignal.any([signal, context.signal]);
      if (!echo) return askSecret(visible(text), either);
      return (await ask({ answer: { text: visible(text) } }, either)).answer;
    },
  };
}

async function acceptHostKey(shown: ShownHostKey, signal: AbortSignal): Promise<boolean> {
  const known = shown.others.map((place) => `\n  it is known by another key: ${visible(place)}`).join('');
  const text = `${visible(shown.host)} is not known. Its key: ${visible(shown.type)} ${shown.fingerprint}${known}\nIs this the board`;
  const { answer } = await ask({ answer: { text, choices: ['yes', 'no'] } }, signal);
  return answer === 'yes';
}

/** The host with the port of --port in place of its own. */
function withPort(host: string, port: string | undefined): string {
  if (port === undefined) return host;
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535) {
    throw usageFailure('OVL004', `--port is "${visible(port)}"`, 'a number from 1 to 65535');
  }
  const address = unwrap(parseAddress(host));
  return addressText({ ...address, port: Number(port) });
}

function addressText({
  host,
  user,
  port,
}: {
  readonly host: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
}): string {
  const name = host.includes(':') ? `[${host}]` : host;
  return `${user === undefined ? '' : `${user}@`}${name}${port === undefined ? '' : `:${port}`}`;
}

function fingerprintOf(text: string | undefined): string | undefined {
  if (text === undefined || /^SHA256:[A-Za-z0-9+/]{43}=?$/.test(text)) return text?.replace(/=$/, '');
  throw usageFailure(
    'OVL004',
    `--host-key is "${visible(text)}"`,
    'SHA256: and 43 characters, as ssh-keygen -l prints it',
  );
}

function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const milliseconds = parseDuration(text);
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
  throw usageFailure('OVL004', `--connect-timeout is "${visible(text)}"`, 'a time such as 10s or 500ms');
}

/** A file that was named has to be there: ssh passes over a key that is not, and asks for a password then. */
function readable(path: string | undefined): string | undefined {
  if (path === undefined) return undefined;
  try {
    accessSync(path, constants.R_OK);
    return path;
  } catch (error) {
    throw fileFailure(error, path, 'read');
  }
}
