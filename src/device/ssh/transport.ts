/** The bytes to the board and back: a TCP connection, or a program that makes one (ProxyJump, ProxyCommand). */
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { execa } from 'execa';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { lastLines } from '../../system/process.ts';
import { requireTool } from '../../system/tools.ts';
import { expand, type SshSettings } from './settings.ts';

export interface Transport {
  readonly stream: Duplex;
  /** What the program in between said last; empty for TCP. */
  readonly words: () => string;
  /** Ends it at once, and the program with it. */
  readonly end: () => void;
}

/**
 * @param signal ends the attempt
 * @throws Failure OVL503 to OVL505 where there is no way to the board; the reason of the signal
 */
export async function openTransport(
  settings: SshSettings,
  options: { readonly configFile?: string; readonly signal: AbortSignal },
): Promise<Transport> {
  const { proxy } = settings;
  switch (proxy.kind) {
    case 'none':
      return overTcp(settings, options.signal);
    case 'jump':
      return overProgram(jumpWords(settings, proxy.hosts, options.configFile));
    case 'command':
      return overProgram(['/bin/sh', '-c', `exec ${proxyText(settings, proxy.command)}`]);
  }
}

async function overTcp(settings: SshSettings, signal: AbortSignal): Promise<Transport> {
  const { host, port, bindAddress, addressFamily } = settings;
  const socket = connect({
    host,
    port,
    noDelay: true,
    ...(bindAddress === undefined ? {} : { localAddress: bindAddress }),
    ...(addressFamily === 'any' ? {} : { family: addressFamily === 'inet' ? 4 : 6 }),
  });
  await connected(socket, settings, signal);
  return { stream: socket, words: () => '', end: () => socket.destroy() };
}

function connected(socket: Socket, settings: SshSettings, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      socket.destroy();
      reject(signal.reason);
    };
    if (signal.aborted) return abort();
    signal.addEventListener('abort', abort);
    socket.once('error', (error) => {
      signal.removeEventListener('abort', abort);
      reject(unreachable(settings, error));
    });
    socket.once('connect', () => {
      signal.removeEventListener('abort', abort);
      socket.removeAllListeners('error');
      // Until ssh2 listens: an error without a listener would end the whole program.
      socket.on('error', () => {});
      resolve();
    });
  });
}

/** As ssh itself does it: the last host forwards to the board, and is reached through the others. */
function jumpWords(settings: SshSettings, hosts: string, configFile: string | undefined): readonly string[] {
  const all = hosts.split(',');
  const last = all.at(-1) ?? '';
  const others = all.slice(0, -1);
  const target = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
  return [
    requireTool('ssh'),
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(others.length === 0 ? [] : ['-J', others.join(',')]),
    '-W',
    `${target}:${settings.port}`,
    '--',
    last.startsWith('ssh://') ? last : `ssh://${last}`,
  ];
}

/** The text is the person's own, from ssh's configuration; what is put into it has no character that a shell acts on. */
function proxyText(settings: SshSettings, command: string): string {
  for (const value of [settings.host, settings.user]) {
    if (/^[A-Za-z0-9_.:%@+][A-Za-z0-9_.:%@+-]*$/.test(value)) continue;
    throw new Failure({
      code: 'OVL502',
      severity: 'error',
      message: `"${value}" cannot be given to a ProxyCommand`,
      because: 'it has characters that a shell would act on',
      fix: 'give the board a Host of its own in ~/.ssh/config',
      boardState: 'unchanged',
    });
  }
  return expand(command, { ...settings, name: settings.host });
}

function overProgram([file = '', ...words]: readonly string[]): Transport {
  const child = execa(file, words, {
    stdin: 'pipe',
    reject: false,
    buffer: false,
    encoding: 'buffer',
    // Whatever holds the connection ends with us.
    cleanup: true,
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString('utf8')}`.slice(-2000);
  });
  const stream = child.duplex();
  stream.on('error', () => {});
  return {
    stream,
    words: () => lastLines(said, 4),
    end: () => {
      child.kill('SIGTERM');
      stream.destroy();
    },
  };
}

function unreachable(settings: SshSettings, error: NodeJS.ErrnoException): Failure {
  const { host, port } = settings;
  const first = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException) : error;
  const code = first.code ?? error.code ?? 'unknown error';
  const common = { severity: 'error', boardState: 'unchanged' } as const;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN' || code === 'EAI_FAIL' || code === 'ENODATA')
    return new Failure(
      {
        ...common,
        code: 'OVL503',
        message: `no address is known for "${host}"`,
        because: `${code}: neither /etc/hosts nor the name server has it`,
        fix: 'check the spelling, or give the address',
      },
      { cause: error },
    );
  if (code === 'ECONNREFUSED')
    return new Failure(
      {
        ...common,
        code: 'OVL504',
        message: `${host} refuses connections to port ${port}`,
        because:
          'ECONNREFUSED: the machine is there, and no SSH server listens on this port (or a firewall says so)',
        fix: 'start dropbear or sshd on the board, or name its port: USER@HOST:PORT',
      },
      { cause: error },
    );
  return new Failure(
    {
      ...common,
      code: 'OVL505',
      message: `${host} cannot be reached on port ${port}`,
      because: `${code}: ${first.message}`,
      fix: `ping ${host}`,
    },
    { cause: error },
  );
}
