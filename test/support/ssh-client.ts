/** What the tests of SSH share: a real server, an ssh configuration of its own, and what people would answer. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import type { SecretQuestion } from '../../src/device/ssh/questions.ts';
import { type ConnectOptions, connectDevice, type SshDevice } from '../../src/device/ssh/ssh-device.ts';
import { type Diagnostic, Failure } from '../../src/diagnostics/diagnostic.ts';
import { testAsRoot, testWith } from './needs.ts';
import { removeServer, type ServerOptions, type SshServer, startServer } from './ssh-servers.ts';

/** The servers have accounts of their own, which takes a mount namespace. */
export const testOnServer =
  process.getuid?.() === 0
    ? testWith('dropbear', 'dropbearkey', 'sshd', 'ssh', 'ssh-keygen', 'busybox', 'unshare')
    : testAsRoot;

export async function serverFor(t: ExecutionContext, options: ServerOptions): Promise<SshServer> {
  const server = await startServer(options);
  t.teardown(() => removeServer(server));
  return server;
}

export interface SshConfig {
  readonly knownHosts?: string;
  readonly identity?: string;
  readonly lines?: readonly string[];
}

export interface OwnSsh {
  readonly folder: string;
  readonly configFile: string;
  readonly knownHostsFile: string;
}

/** An ssh configuration in which nothing of this machine's user is. */
export async function ownSsh(t: ExecutionContext, config: SshConfig = {}): Promise<OwnSsh> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-ssh-client-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const knownHostsFile = join(folder, 'known_hosts');
  await writeFile(knownHostsFile, config.knownHosts ?? '', { mode: 0o640 });
  const configFile = join(folder, 'config');
  const lines = [
    ...(config.lines ?? []),
    'IdentityAgent none',
    `IdentityFile ${config.identity ?? 'none'}`,
    `UserKnownHostsFile ${knownHostsFile}`,
    'GlobalKnownHostsFile none',
    'HashKnownHosts no',
    'ConnectTimeout 10',
  ];
  await writeFile(configFile, `${lines.join('\n')}\n`);
  return { folder, configFile, knownHostsFile };
}

/** A connection that ends with the test. */
export async function connected(
  t: ExecutionContext,
  name: string,
  options: ConnectOptions,
): Promise<SshDevice> {
  const device = await connectDevice(name, options);
  t.teardown(() => device.close());
  return device;
}

/** The diagnostic that something fails with. */
export async function diagnosticOf(work: Promise<unknown>): Promise<Diagnostic> {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure && error.diagnostics[0] !== undefined) return error.diagnostics[0];
    throw error;
  }
  throw new Error('it did not fail');
}

/** Answers in order, and what was asked. */
export function person(...answers: readonly (string | undefined)[]): {
  readonly asked: SecretQuestion[];
  readonly secret: (question: SecretQuestion) => Promise<string | undefined>;
} {
  const asked: SecretQuestion[] = [];
  return {
    asked,
    secret: async (question) => {
      asked.push(question);
      return answers[asked.length - 1];
    },
  };
}
