/** Servers that do what no real one does, in this process and on loopback. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import ssh2, { type Connection, type ServerChannel, type ServerConfig } from 'ssh2';
import { requireTool } from '../../src/system/tools.ts';

/** Something that listens; what it does with a connection is the test's. */
export async function listener(t: ExecutionContext, serve: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    serve(socket);
  });
  t.teardown(() => {
    for (const one of sockets) one.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export interface OwnServer {
  readonly port: number;
  /** What the client sent to log in, in order. */
  readonly logins: { readonly method: string; readonly password?: string }[];
  /** Line of known_hosts with its key. */
  readonly knownHosts: string;
}

export interface OwnServerOptions {
  readonly config?: Partial<ServerConfig>;
  readonly keyType?: 'ed25519' | 'rsa' | 'dsa';
  readonly accept?: (method: string) => boolean;
  readonly methods?: readonly string[];
  /** Instead of an answer to whoever logs in. */
  readonly onLogin?: (client: Connection) => void;
  readonly onExec?: (line: string, channel: ServerChannel, client: Connection) => void;
}

/** By ssh-keygen: every so often ssh2 makes a key that it cannot read itself. */
async function hostKey(type: string): Promise<{ readonly private: string; readonly public: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-host-key-'));
  const file = join(folder, 'key');
  try {
    await execa(requireTool('ssh-keygen'), ['-q', '-t', type, '-N', '', '-f', file]);
    return { private: await readFile(file, 'utf8'), public: await readFile(`${file}.pub`, 'utf8') };
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** ssh2's own server, which records. */
export async function ownServer(t: ExecutionContext, options: OwnServerOptions = {}): Promise<OwnServer> {
  const key = await hostKey(options.keyType ?? 'ed25519');
  const logins: { method: string; password?: string }[] = [];
  const server = new ssh2.Server({ hostKeys: [key.private], ...options.config }, (client) => {
    client.on('error', () => {});
    client.on('authentication', (context) => {
      logins.push({
        method: context.method,
        ...(context.method === 'password' ? { password: context.password } : {}),
      });
      if (options.onLogin !== undefined) options.onLogin(client);
      else if ((options.accept ?? (() => true))(context.method)) context.accept();
      else context.reject([...(options.methods ?? ['password'])] as never);
    });
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec, _reject, info) => {
        const channel = acceptExec();
        channel.on('error', () => {});
        options.onExec?.(info.command, channel, client);
      });
    });
  });
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as { port: number };
  const [type, base64] = key.public.split(' ');
  return { port, logins, knownHosts: `[127.0.0.1]:${port} ${type} ${base64}\n` };
}

/** What ssh2 has inside of a connection; its own server sends a banner once, and no more than a string holds. */
interface Inside {
  readonly _sock: Socket;
  readonly _protocol: {
    readonly _hostKeys: object;
    readonly _packetRW: {
      readonly write: {
        readonly allocStart: number;
        readonly alloc: (bytes: number) => Buffer;
        readonly finalize: (packet: Buffer) => Buffer;
      };
    };
  };
}

const { sendPacket } = createRequire(import.meta.url)('ssh2/lib/protocol/utils.js') as {
  readonly sendPacket: (protocol: Inside['_protocol'], packet: Buffer) => boolean;
};
const userauthBanner = 53;

/** From now on, whenever keys are exchanged, it is a key that nobody has seen. */
export async function showAnotherKey(client: Connection): Promise<void> {
  const { private: text } = await hostKey('ed25519');
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) throw parsed;
  const [key] = [parsed].flat();
  const { _hostKeys } = (client as unknown as Inside)._protocol;
  Object.assign(_hostKeys, { 'ssh-ed25519': key });
}

/** Sends one banner after the other for as long as somebody takes them (RFC 4252, section 5.4). */
export function endlessBanner(client: Connection): void {
  const { _sock: socket, _protocol: protocol } = client as unknown as Inside;
  const { write } = protocol._packetRW;
  const text = Buffer.alloc(30_000, 'z');
  const more = (): void => {
    while (socket.writable && socket.writableLength < 1 << 20) {
      // Strings behind their lengths: the message, and a language that is not named.
      const packet = write.alloc(1 + 4 + text.length + 4);
      let at = write.allocStart;
      packet[at++] = userauthBanner;
      at = packet.writeUInt32BE(text.length, at);
      at += text.copy(packet, at);
      packet.writeUInt32BE(0, at);
      sendPacket(protocol, write.finalize(packet));
    }
  };
  socket.on('drain', more);
  more();
}

/** Any command is done at once, without a word. */
export function succeed(_line: string, channel: ServerChannel): void {
  channel.exit(0);
  channel.end();
}
