/** A board over SSH: one connection for all commands, and a new one after a reboot. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type Diagnostic, Failure, unwrap } from '../../diagnostics/diagnostic.ts';
import { visible } from '../../diagnostics/escape.ts';
import { longestLine } from '../command-line.ts';
import type { Command, Device, Loss, Outcome, ReconnectOptions, RunOptions } from '../device.ts';
import { parseAddress } from './address.ts';
import { runOverChannel } from './channel.ts';
import { openSession, type Session, type Target } from './handshake.ts';
import type { Questions } from './questions.ts';
import { type SshSettings, sshSettings } from './settings.ts';
import { sessionsAtOnce, Turns } from './turns.ts';

export interface ConnectOptions {
  readonly questions?: Questions;
  /** Old algorithms that the board file names (target.legacy_algorithms). */
  readonly legacyAlgorithms?: readonly string[];
  /** The only host key that will do, SHA256:...; then nothing is asked and nothing is added to known_hosts. */
  readonly hostKey?: string;
  /** Tried once before anybody is asked. Never from a command line: others see it. */
  readonly password?: string;
  /** Instead of ~/.ssh/config. */
  readonly configFile?: string;
  /** Path of a private key that is tried before the others, as `ssh -i` does. */
  readonly identity?: string;
  /** Longest time to connect and log in, in milliseconds; else ssh's ConnectTimeout. */
  readonly connectTimeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** How long to wait between two tries to reach a board that restarts, in milliseconds. */
const retryMs = 500;
const farewellMs = 2_000;

/**
 * Connects and logs in, with the settings of this machine's ssh.
 * @param name alias, user@host:port, ssh://...
 * @throws Failure OVL501 to OVL520
 */
export async function connectDevice(name: string, options: ConnectOptions = {}): Promise<SshDevice> {
  const address = unwrap(parseAddress(name));
  const { configFile, password, hostKey, signal = new AbortController().signal } = options;
  const optional = {
    ...(configFile === undefined ? {} : { configFile }),
    ...(password === undefined ? {} : { password }),
    ...(hostKey === undefined ? {} : { hostKey }),
  };
  const settings = await sshSettings(address, { signal, ...optional });
  const target: Target = {
    settings: { ...settings, ...chosen(settings, options) },
    questions: options.questions ?? {},
    legacyAlgorithms: options.legacyAlgorithms ?? [],
    ...optional,
  };
  return new SshDevice(name, target, await openSession(target, signal));
}

/** What was asked for beside ssh's settings. */
function chosen(settings: SshSettings, { identity, connectTimeoutMs }: ConnectOptions): Partial<SshSettings> {
  return {
    ...(identity === undefined ? {} : { identityFiles: [identity, ...settings.identityFiles] }),
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
  };
}

export class SshDevice implements Device {
  readonly name: string;
  readonly #target: Target;
  #session: Session;
  #lost: Promise<Loss>;
  #turns: Turns;
  #expected: Loss['kind'] = 'lost';

  constructor(name: string, target: Target, session: Session) {
    this.name = name;
    this.#target = target;
    this.#session = session;
    this.#lost = this.#watch(session);
    this.#turns = new Turns(sessionsAtOnce(session.software));
  }

  get lost(): Promise<Loss> {
    return this.#lost;
  }

  /** The server's name for itself, as "dropbear_2022.83", and its host key, SHA256:... */
  get server(): { readonly software: string; readonly hostKey: string } {
    return { software: visible(this.#session.software), hostKey: this.#session.hostKey };
  }

  run(command: Command, options: RunOptions = {}): Promise<Outcome> {
    const { client, software } = this.#session;
    const connection = { client, lost: this.#lost, name: this.name, longestLine: longestLine(software) };
    return this.#turns.take(() => runOverChannel(connection, command, options));
  }

  expectReboot(): void {
    this.#expected = 'rebooting';
  }

  async reconnect({ deadlineMs, signal = new AbortController().signal }: ReconnectOptions): Promise<void> {
    const over = AbortSignal.timeout(Math.ceil(deadlineMs));
    const either = AbortSignal.any([signal, over]);
    const { hostKey, memory } = this.#session;
    const stopped = new Promise<void>((resolve) =>
      either.addEventListener('abort', () => resolve(), { once: true }),
    );
    await Promise.race([this.#lost, stopped]);
    let last: Failure | undefined;
    while (!either.aborted) {
      try {
        const session = await openSession({ ...this.#target, hostKey }, either, memory);
        this.#session = session;
        this.#expected = 'lost';
        this.#lost = this.#watch(session);
        this.#turns = new Turns(sessionsAtOnce(session.software));
        return;
      } catch (error) {
        if (either.aborted) break;
        if (!(error instanceof Failure) || !mayPass(error)) throw error;
        last = error;
        await sleep(retryMs, undefined, { signal: either }).catch(() => {});
      }
    }
    signal.throwIfAborted();
    throw new Failure(notBack(this.name, deadlineMs, last), { cause: last });
  }

  async close(): Promise<void> {
    this.#expected = 'closed';
    this.#session.client.end();
    const { transport } = this.#session;
    const timer = setTimeout(() => transport.end(), farewellMs);
    await this.#lost;
    clearTimeout(timer);
    transport.end();
  }

  #watch({ client, transport, denied }: Session): Promise<Loss> {
    let cause: Error | undefined;
    client.removeAllListeners('error');
    client.removeAllListeners('close');
    // For the whole life of the client: an error event that nobody listens to ends the program.
    client.on('error', (error) => {
      cause ??= error;
    });
    return new Promise((resolve) => {
      client.on('close', () => {
        transport.end();
        resolve(
          this.#expected === 'lost'
            ? { kind: 'lost', diagnostic: denied()?.diagnostics[0] ?? lost(this.name, cause) }
            : { kind: this.#expected },
        );
      });
    });
  }
}

/** What is so while a board restarts: nobody there, no server yet, or one that is just going. */
function mayPass(failure: Failure): boolean {
  const passing: ReadonlySet<string> = new Set(['OVL503', 'OVL504', 'OVL505', 'OVL506', 'OVL507', 'OVL509']);
  return failure.diagnostics.every(({ code }) => passing.has(code));
}

function lost(name: string, cause: Error | undefined): Diagnostic {
  return {
    code: 'OVL530',
    severity: 'error',
    message: `the connection to ${name} ended`,
    because: cause === undefined ? 'the board closed it' : visible(cause.message).slice(0, 200),
    fix: 'look whether the board still runs, and do it again',
  };
}

function notBack(name: string, deadlineMs: number, last: Failure | undefined): Diagnostic {
  const [reason] = last?.diagnostics ?? [];
  return {
    code: 'OVL534',
    severity: 'error',
    message: `${name} did not come back within ${Math.round(deadlineMs / 1000)} seconds`,
    because:
      reason === undefined
        ? 'the connection from before the reboot did not end'
        : `${reason.message}${reason.because === undefined ? '' : `: ${reason.because}`}`,
    fix: 'look at the console of the board; it boots its previous state by itself where the new one fails',
    boardState: 'unknown',
  };
}
