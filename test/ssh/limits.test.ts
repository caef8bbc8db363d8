/** Real servers that count logins: fifty that fail, one after the other and at once, keys and passwords too many, and patience that ends. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecutionContext } from 'ava';
import { execa } from 'execa';
import { program, succeeded } from '../../src/device/device.ts';
import { connectDevice } from '../../src/device/ssh/ssh-device.ts';
import type { Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { formatDiagnostics } from '../../src/diagnostics/format.ts';
import { connected, diagnosticOf, ownSsh, serverFor, testOnServer } from '../support/ssh-client.ts';
import { password, type SshServer } from '../support/ssh-servers.ts';

/** The way there and the login have this long each, on a machine that is busy. */
const lines = ['ConnectTimeout 20'];
const longestMs = 41_000;

const kinds = ['dropbear', 'openssh'] as const;
type Kind = (typeof kinds)[number];

/** Passwords that the server says were wrong. */
function failuresIn({ log }: SshServer): number {
  return log().match(/Bad password attempt for 'root'|Failed password for root/g)?.length ?? 0;
}

/** What a login came to, and how long it took in milliseconds. */
async function timed(
  work: Promise<unknown>,
): Promise<{ readonly diagnostic: Diagnostic; readonly ms: number }> {
  const began = performance.now();
  const diagnostic = await diagnosticOf(work);
  return { diagnostic, ms: performance.now() - began };
}

async function stillTakesTheRightOne(
  t: ExecutionContext,
  server: SshServer,
  configFile: string,
): Promise<void> {
  const device = await connected(t, `root@127.0.0.1:${server.port}`, { configFile, password });
  t.true(succeeded(await device.run(program('true'))));
}

const slow: Readonly<Record<Kind, readonly string[]>> = {
  dropbear: [],
  // Of connections that have not logged in it takes four at a time, and drops all others.
  openssh: ['-o', 'MaxStartups=4:100:4'],
};

for (const kind of kinds) {
  testOnServer(`${kind}: fifty failed logins, ten in a row and forty at once`, async (t) => {
    const server = await serverFor(t, { kind, words: kind === 'dropbear' ? [] : slow.openssh.slice(0, 2) });
    const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, lines });
    const name = `root@127.0.0.1:${server.port}`;
    const wrong = () => timed(connectDevice(name, { configFile, password: 'hunter2' }));
    for (const _ of Array(10).keys()) {
      const { diagnostic, ms } = await wrong();
      t.is(diagnostic.code, 'OVL520', diagnostic.because);
      t.true(ms < longestMs, `${ms} ms`);
    }
    const many = await Promise.all(Array.from({ length: 40 }, wrong));
    const codes = many.map(({ diagnostic }) => diagnostic.code);
    t.log(codes.join(' '), Math.max(...many.map(({ ms }) => ms)));
    for (const { diagnostic, ms } of many) {
      t.true(ms < longestMs, `${ms} ms`);
      t.is(diagnostic.boardState, 'unchanged');
      t.notRegex(formatDiagnostics([diagnostic]), /hunter2/);
      if (diagnostic.code !== 'OVL520') t.regex(formatDiagnostics([diagnostic]), /all its places taken/);
    }
    t.true(codes.includes('OVL520'));
    t.true(codes.includes('OVL506'), 'the server had no place for some');
    const tried = 10 + codes.filter((code) => code === 'OVL520').length;
    // What it says of the last ones takes a while to get here.
    for (let turn = 0; turn < 100 && failuresIn(server) < tried; turn++) await sleep(100);
    t.is(failuresIn(server), tried, 'one password was given, and tried once');
    await stillTakesTheRightOne(t, server, configFile);
  });

  testOnServer(`${kind}: a server that takes two tries ends the login, and is told so`, async (t) => {
    const server = await serverFor(t, {
      kind,
      words: kind === 'dropbear' ? ['-T', '2'] : ['-o', 'MaxAuthTries=2'],
    });
    const { configFile, folder } = await ownSsh(t, { knownHosts: server.knownHosts, identity: 'KEY', lines });
    const keys = ['a', 'b', 'c', 'd'].map((one) => join(folder, one));
    for (const key of keys) await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key]);
    const text = await readFile(configFile, 'utf8');
    await writeFile(
      configFile,
      text.replace('IdentityFile KEY', keys.map((key) => `IdentityFile ${key}`).join('\n')),
    );
    const asked: string[] = [];
    const secret = async ({ kind: what }: { readonly kind: string }) => {
      asked.push(what);
      return 'hunter2';
    };
    const { diagnostic, ms } = await timed(
      connectDevice(`root@127.0.0.1:${server.port}`, { configFile, questions: { secret } }),
    );
    t.log(formatDiagnostics([diagnostic]));
    t.is(diagnostic.code, 'OVL520');
    t.true(ms < longestMs, `${ms} ms`);
    t.regex(diagnostic.because ?? '', /: refused\n/);
    t.regex(diagnostic.because ?? '', /closed the connection/);
    t.regex(diagnostic.fix ?? '', /IdentitiesOnly/);
    // OpenSSH counts keys too, dropbear passwords only.
    t.is(asked.length, kind === 'dropbear' ? 2 : 0);
    await sleep(200);
    t.true(failuresIn(server) <= 2, server.log());
  });
}

testOnServer('openssh: who is asked for a password is told when the server has gone meanwhile', async (t) => {
  const server = await serverFor(t, { kind: 'openssh', words: ['-o', 'LoginGraceTime=4'] });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts, lines });
  let aborted = false;
  const secret = (_question: object, signal: AbortSignal): Promise<string> =>
    new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        aborted = true;
        reject(signal.reason);
      });
    });
  const { diagnostic, ms } = await timed(
    connectDevice(`root@127.0.0.1:${server.port}`, { configFile, questions: { secret } }),
  );
  t.log(formatDiagnostics([diagnostic]));
  t.is(diagnostic.code, 'OVL520');
  t.regex(diagnostic.because ?? '', /closed the connection/);
  t.true(ms < longestMs, `${ms} ms`);
  await sleep(10);
  t.true(aborted, 'nobody is left at a question that has no use any more');
  t.is(failuresIn(server), 0);
});
