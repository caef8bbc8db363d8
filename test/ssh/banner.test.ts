/** Servers that talk without end: each is left within its deadline, with little memory, and before anything secret was sent. */
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { endlessBanner, listener, ownServer } from '../support/hostile-ssh.ts';
import { testWith } from '../support/needs.ts';
import { ovlEnvironment, ovlPath } from '../support/ovl.ts';
import { ownSsh } from '../support/ssh-client.ts';

const testTalker = testWith('ssh', 'ssh-keygen');
const gigabyte = 1 << 30;
/** ConnectTimeout. The way there and the login have it each; a program is started too, on a machine that is busy. */
const patienceSeconds = 2;
const deadlineMs = 15_000;
/** More than the same process takes that is told at once that there is no SSH server. */
const memoryKiB = 32 << 10;
/** A mebibyte is listened to; the rest lies in the buffers of two sockets. */
const mostSent = 32 << 20;

interface Left {
  readonly code: string;
  readonly because: string;
  readonly text: string;
  readonly ms: number;
  /** Most memory that the process had at a time (VmHWM). */
  readonly peakKiB: number;
}

/** What `ovl` comes to as a process of its own, which has a key to log in with. */
async function left(t: ExecutionContext, configFile: string, address: string): Promise<Left> {
  const began = performance.now();
  const words = ['shell', '--json', '--ssh-config', configFile, address, '--', 'true'];
  const child = execa(process.execPath, [ovlPath, ...words], {
    reject: false,
    extendEnv: false,
    env: ovlEnvironment(),
    stdin: 'ignore',
    timeout: 60_000,
  });
  let peakKiB = 0;
  const over = new AbortController();
  const watched = (async () => {
    while (!over.signal.aborted) {
      const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
      peakKiB = Math.max(peakKiB, Number(/^VmHWM:\s+(\d+) kB/m.exec(status)?.[1] ?? 0));
      await sleep(5);
    }
  })();
  const { stdout, stderr, exitCode } = await child;
  over.abort();
  await watched;
  t.is(exitCode, 5, `${stdout}\n${stderr}`);
  const { problems } = JSON.parse(stdout) as { readonly problems: readonly Record<string, string>[] };
  const [{ code = '', because = '', boardState } = {}] = problems;
  t.is(boardState, 'unchanged');
  return { code, because, text: stdout + stderr, ms: performance.now() - began, peakKiB };
}

interface Talker {
  readonly port: number;
  /** All that came from the other side. */
  readonly received: () => Buffer;
  /** Bytes that left this process. */
  readonly sent: () => number;
}

/** Says what the chunks are until there is none, or nobody listens. */
async function talker(t: ExecutionContext, chunks: () => Iterable<Buffer>): Promise<Talker> {
  const received: Buffer[] = [];
  const sockets: Socket[] = [];
  const talk = async (socket: Socket): Promise<void> => {
    socket.on('data', (chunk) => received.push(chunk));
    for (const chunk of chunks()) {
      if (socket.destroyed) return;
      if (!socket.write(chunk)) await Promise.race([once(socket, 'drain'), once(socket, 'close')]);
    }
    socket.end();
  };
  const port = await listener(t, (socket) => {
    sockets.push(socket);
    // Whoever is left in the middle of a sentence gets an error, and says no more.
    talk(socket).catch(() => {});
  });
  const sent = (): number =>
    sockets.reduce((sum, socket) => sum + socket.bytesWritten - socket.writableLength, 0);
  return { port, received: () => Buffer.concat(received), sent };
}

function* repeated(chunk: Buffer, bytes = Number.POSITIVE_INFINITY): Generator<Buffer> {
  for (let sent = 0; sent < bytes; sent += chunk.length) yield chunk.subarray(0, bytes - sent);
}

function* inTurn(...parts: readonly (string | Iterable<Buffer>)[]): Generator<Buffer> {
  for (const part of parts) yield* typeof part === 'string' ? [Buffer.from(part)] : part;
}

const lines = Buffer.from(`${'x'.repeat(1023)}\n`.repeat(64));
const noLineEnd = Buffer.alloc(65_536, 'y');
const version = 'SSH-2.0-dropbear_2022.83\r\n';
const says: Readonly<Record<string, () => Iterable<Buffer>>> = {
  'lines without end': () => repeated(lines),
  'a gigabyte of lines, then a version': () => inTurn(repeated(lines, gigabyte), version),
  'empty lines without end': () => repeated(Buffer.alloc(65_536, '\n')),
  'a line without end': () => repeated(noLineEnd),
  'a gigabyte in one line, then a version': () => inTurn(repeated(noLineEnd, gigabyte), `\n${version}`),
  'a version without end': () => inTurn('SSH-2.0-', repeated(noLineEnd)),
  'a version, then zero bytes without end': () => inTurn(version, repeated(Buffer.alloc(65_536))),
};

/** An ssh configuration with a key that would be tried, and what of it must not get anywhere. */
async function withKey(
  t: ExecutionContext,
  { knownHosts = '', proxyCommand }: { readonly knownHosts?: string; readonly proxyCommand?: string } = {},
) {
  const { folder, configFile, knownHostsFile } = await ownSsh(t, {
    knownHosts,
    identity: 'KEY',
    lines: [`ConnectTimeout ${patienceSeconds}`, ...(proxyCommand ? [`ProxyCommand ${proxyCommand}`] : [])],
  });
  const key = join(folder, 'key');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', key]);
  const text = await readFile(configFile, 'utf8');
  await writeFile(
    configFile,
    text.replace('IdentityFile KEY', `IdentityFile ${key}`).replaceAll('FOLDER', folder),
  );
  const base64 = (await readFile(`${key}.pub`, 'utf8')).split(' ')[1] ?? '';
  return { configFile, folder, knownHostsFile, publicKey: Buffer.from(base64, 'base64') };
}

testTalker('seven servers that talk before the login: code, deadline, memory, and no secret', async (t) => {
  t.timeout(180_000);
  const { configFile, publicKey } = await withKey(t);
  const other = await talker(t, () => inTurn('HTTP/1.0 400 Bad Request\r\n\r\n'));
  const usual = await left(t, configFile, `root@127.0.0.1:${other.port}`);
  t.is(usual.code, 'OVL506');
  t.true(usual.peakKiB > 20 << 10, 'the memory was seen');
  for (const [title, chunks] of Object.entries(says)) {
    const server = await talker(t, chunks);
    const { code, because, ms, peakKiB } = await left(t, configFile, `root@127.0.0.1:${server.port}`);
    const sent = server.sent();
    t.log(
      `${title}: ${code} after ${Math.round(ms)} ms, ${peakKiB - usual.peakKiB} KiB more, ${sent >> 10} KiB sent`,
    );
    t.regex(code, /^OVL50[69]$/, `${title}: ${because}`);
    t.true(because.length > 0 && because.length < 500, `${title}: ${because}`);
    t.true(ms < deadlineMs, `${title}: ${ms} ms`);
    t.true(peakKiB - usual.peakKiB < memoryKiB, `${title}: ${peakKiB} KiB, else ${usual.peakKiB}`);
    t.true(sent > 0 && sent < mostSent, `${title}: ${sent} bytes`);
    const received = server.received();
    // Its own version and what it can do (RFC 4253, section 7.1), both of them in the clear.
    t.true(received.length < 4096, title);
    t.regex(received.toString('latin1'), /^(?:SSH-2\.0-overlaykit\r\n|$)/, title);
    t.false(received.includes('ssh-userauth') || received.includes(publicKey), title);
  }
});

testTalker('a server that says a line every tenth of a second is left when the time is over', async (t) => {
  const { configFile, publicKey } = await withKey(t);
  const received: Buffer[] = [];
  const port = await listener(t, (socket) => {
    socket.on('data', (chunk) => received.push(chunk));
    const timer = setInterval(() => socket.write('still here\r\n'), 100);
    socket.on('close', () => clearInterval(timer));
  });
  const { code, because, ms } = await left(t, configFile, `root@127.0.0.1:${port}`);
  t.is(code, 'OVL507', because);
  t.true(ms >= patienceSeconds * 1000 && ms < deadlineMs, `${ms} ms`);
  t.false(Buffer.concat(received).includes(publicKey));
});

testTalker('a banner of the login without end: nothing is tried at whoever sends it', async (t) => {
  const server = await ownServer(t, { onLogin: endlessBanner });
  const { configFile } = await withKey(t, { knownHosts: server.knownHosts });
  const { code, because, ms, peakKiB } = await left(t, configFile, `root@127.0.0.1:${server.port}`);
  t.log(
    `${code} after ${Math.round(ms)} ms, at most ${peakKiB} KiB, ${server.logins.map(({ method }) => method)}`,
  );
  t.is(code, 'OVL506', because);
  t.regex(because, /more than 1024 KiB/);
  t.true(ms < deadlineMs, `${ms} ms`);
  t.true(peakKiB < 160 << 10, `${peakKiB} KiB`);
  t.deepEqual(
    server.logins.map(({ method }) => method),
    ['none'],
  );
});

testTalker('a program in between that talks without end is ended with its connection', async (t) => {
  const cases = [
    { program: 'yes', code: /^OVL50[69]$/ },
    // What it says on the side is for people; the connection stands, and nothing comes over it.
    { program: 'yes >&2', code: /^OVL507$/ },
  ];
  for (const { program, code } of cases) {
    const { configFile, folder } = await withKey(t, {
      proxyCommand: `sh -c 'echo $$ >FOLDER/pid; exec ${program}'`,
    });
    const found = await left(t, configFile, 'root@board.invalid');
    t.log(`${program}: ${found.code} after ${Math.round(found.ms)} ms, at most ${found.peakKiB} KiB`);
    t.regex(found.code, code, found.because);
    t.true(found.ms < deadlineMs, `${found.ms} ms`);
    t.true(found.peakKiB < 160 << 10, `${found.peakKiB} KiB`);
    t.true(found.text.length < 4000, found.text);
    const pid = (await readFile(join(folder, 'pid'), 'utf8')).trim();
    const run = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'gone');
    t.not(run, 'yes\0', 'the program has ended');
  }
});
