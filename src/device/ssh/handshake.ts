/**
 * From bytes to a login: key exchange, host key, authentication, with a bound on time and on what the server may say.
 * ssh2 reports trouble as sentences; what became of it is told from what was going on instead.
 */
import type { Buffer } from 'node:buffer';
import ssh2, { type Client } from 'ssh2';
import { type Diagnostic, Failure } from '../../diagnostics/diagnostic.ts';
import { type Offer, offer } from './algorithms.ts';
import { fingerprint } from './fingerprint.ts';
import { changedMeanwhile, checkHostKey, placeOf } from './host-key.ts';
import { knownTypes } from './known-hosts.ts';
import { readKnownHosts } from './known-hosts-file.ts';
import { type Login, login, type Memory } from './login.ts';
import { Patience } from './patience.ts';
import type { Questions } from './questions.ts';
import { greetingLimit, readGreeting, type ServerGreeting } from './server-offer.ts';
import type { SshSettings } from './settings.ts';
import { openTransport, type Transport } from './transport.ts';
import { brokenOff, noAgreement, notAnSshServer, refused, tooMuch, tooSlow } from './trouble.ts';

export interface Target {
  readonly settings: SshSettings;
  readonly questions: Questions;
  readonly legacyAlgorithms: readonly string[];
  /** SHA256:... */
  readonly hostKey?: string;
  readonly password?: string;
  readonly configFile?: string;
}

export interface Session {
  readonly client: Client;
  readonly transport: Transport;
  readonly software: string;
  /** Of the host key, SHA256:... */
  readonly hostKey: string;
  readonly memory: Memory;
  /** Why we ended it ourselves, where it showed another host key after the login. */
  readonly denied: () => Failure | undefined;
}

export type Stage = 'connecting' | 'greeting' | 'key exchange' | 'login';

/** Most bytes that a server may send before the login is over: banners are text for people. */
const bannerLimit = 1 << 20;

/**
 * Connects, checks the host key, logs in.
 * @throws Failure OVL503 to OVL520; the reason of the signal
 */
export async function openSession(target: Target, signal: AbortSignal, memory?: Memory): Promise<Session> {
  signal.throwIfAborted();
  const { settings } = target;
  const known = await readKnownHosts([...settings.userKnownHosts, ...settings.globalKnownHosts]);
  const { host, port } = placeOf(settings);
  const types = knownTypes(known, host, port);
  const ours = offer(target.legacyAlgorithms, settings.offered, types);
  // The way there, and then the login, have this long each; ssh's ConnectTimeout covers both as well.
  const patience = new Patience(settings.connectTimeoutMs);
  const either = AbortSignal.any([signal, patience.signal]);
  try {
    const transport = await reach(target, either, signal);
    try {
      return await shakeHands({ target, transport, ours, known, patience, signal, either, memory });
    } catch (error) {
      transport.end();
      throw error;
    }
  } finally {
    patience.end();
  }
}

async function reach(target: Target, either: AbortSignal, signal: AbortSignal): Promise<Transport> {
  const { configFile, settings } = target;
  try {
    return await openTransport(settings, {
      signal: either,
      ...(configFile === undefined ? {} : { configFile }),
    });
  } catch (error) {
    if (error instanceof Failure || signal.aborted || !either.aborted) throw error;
    throw new Failure(tooSlow(settings, 'connecting'));
  }
}

interface Hands {
  readonly target: Target;
  readonly transport: Transport;
  readonly ours: Offer;
  readonly known: Awaited<ReturnType<typeof readKnownHosts>>;
  readonly patience: Patience;
  readonly signal: AbortSignal;
  readonly either: AbortSignal;
  readonly memory: Memory | undefined;
}

async function shakeHands(hands: Hands): Promise<Session> {
  const { target, transport, ours, patience, signal, either } = hands;
  const { settings, questions } = target;
  const client = new ssh2.Client();
  let stage: Stage = 'greeting';
  let denied: unknown;
  let hostKey = '';
  let isAccepted = false;
  // Nobody is left at a question of a server that has gone.
  const over = new AbortController();
  const whileAsking = async <T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    patience.pause();
    try {
      return await ask(AbortSignal.any([signal, over.signal]));
    } finally {
      patience.resume();
    }
  };
  const entry: Login = login(
    {
      settings,
      questions,
      whileAsking,
      ...(target.password === undefined ? {} : { password: target.password }),
    },
    hands.memory,
  );
  const { acceptHostKey } = questions;
  const check = {
    settings,
    known: hands.known,
    ...(target.hostKey === undefined ? {} : { expected: target.hostKey }),
    ...(acceptHostKey === undefined
      ? {}
      : {
          acceptHostKey: (shown: Parameters<typeof acceptHostKey>[0]) =>
            whileAsking((asking) => acceptHostKey(shown, asking)),
        }),
  };
  const heard = listen(transport);
  const explained = (cause?: unknown): unknown => {
    if (denied !== undefined) return denied;
    return new Failure(whatHappened(hands, { stage, heard, entry, cause }), { cause });
  };
  let stop = (): void => {};
  try {
    await new Promise<void>((resolve, reject) => {
      stop = () => {
        client.destroy();
        reject(signal.aborted ? signal.reason : new Failure(tooSlow(settings, stage)));
      };
      if (either.aborted) stop();
      either.addEventListener('abort', stop);
      heard.onTooMuch(() => {
        reject(explained());
        client.destroy();
      });
      client.on('handshake', () => {
        stage = 'login';
      });
      client.on('ready', () => resolve());
      client.on('error', (error: Error & { level?: string }) => {
        // An agent that fails is one attempt less, no end.
        if (error.level !== 'agent') reject(explained(error));
      });
      client.on('close', () => reject(explained()));
      client.connect({
        sock: transport.stream as import('node:stream').Readable,
        username: settings.user,
        ident: 'overlaykit',
        readyTimeout: 0,
        keepaliveInterval: settings.aliveIntervalMs,
        keepaliveCountMax: settings.aliveCount,
        algorithms: ours as never,
        hostVerifier: (key: Buffer, verify: (isValid: boolean) => void) => {
          // When keys are exchanged again (dropbear does it after a gibibyte) the answer has to be given at once: ssh2 would go
          // on sending with the old keys meanwhile, and the server end the connection.
          if (isAccepted) {
            if (fingerprint(key) !== hostKey) denied = new Failure(changedMeanwhile(key, hostKey, settings));
            return verify(denied === undefined);
          }
          stage = 'key exchange';
          hostKey = fingerprint(key);
          checkHostKey(key, check).then(
            () => {
              isAccepted = true;
              verify(true);
            },
            (error) => {
              denied = error;
              verify(false);
            },
          );
        },
        authHandler: entry.handler as never,
      });
    });
  } catch (error) {
    over.abort(error);
    client.on('error', () => {});
    client.destroy();
    throw error;
  } finally {
    either.removeEventListener('abort', stop);
    heard.end();
  }
  return {
    client,
    transport,
    hostKey,
    software: heard.greeting()?.software ?? '',
    memory: entry.succeed(),
    denied: () => (denied instanceof Failure ? denied : undefined),
  };
}

/** Why there is no login, from how far it came and what the server said. */
function whatHappened(
  { target: { settings }, transport, ours }: Hands,
  { stage, heard, entry, cause }: { stage: Stage; heard: Heard; entry: Login; cause: unknown },
): Diagnostic {
  if (heard.bytes() > bannerLimit) return tooMuch(settings, bannerLimit);
  const greeting = heard.greeting();
  if (stage === 'greeting' && greeting === undefined)
    return notAnSshServer(settings, heard.start(), transport.words());
  if (stage === 'login' && entry.attempts().length > 0) return refused(settings, greeting, entry, cause);
  const none =
    greeting?.offer && stage !== 'login'
      ? noAgreement(settings, greeting.software, ours, greeting.offer)
      : undefined;
  return none ?? brokenOff(settings, stage, cause);
}

interface Heard {
  readonly bytes: () => number;
  readonly start: () => Buffer;
  readonly greeting: () => ServerGreeting | undefined;
  readonly onTooMuch: (call: () => void) => void;
  readonly end: () => void;
}

/** Listens beside ssh2 until the login is over. */
function listen({ stream }: Transport): Heard {
  let bytes = 0;
  const chunks: Buffer[] = [];
  let call = (): void => {};
  const hear = (chunk: Buffer): void => {
    if (bytes < greetingLimit) chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > bannerLimit) call();
  };
  stream.pause();
  stream.on('data', hear);
  const start = (): Buffer => globalThis.Buffer.concat(chunks).subarray(0, greetingLimit);
  return {
    bytes: () => bytes,
    start,
    greeting: () => readGreeting(start()),
    onTooMuch: (listener) => {
      call = listener;
    },
    end: () => stream.off('data', hear),
  };
}
