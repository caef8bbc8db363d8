import { readdir, readFile } from 'node:fs/promises';
import test from 'ava';
import { program, script } from '../../src/device/device.ts';
import { connectDevice } from '../../src/device/ssh/ssh-device.ts';
import type { Code } from '../../src/diagnostics/codes/index.ts';
import { freePort } from '../support/free-port.ts';
import { listener, ownServer, succeed } from '../support/hostile-ssh.ts';
import { connected, diagnosticOf, ownSsh, person } from '../support/ssh-client.ts';

test.serial(
  'nobody there, no SSH, silence, and text without end: each is told, in its time and little memory',
  async (t) => {
    const { configFile } = await ownSsh(t, { lines: ['ConnectTimeout 1'] });
    const line = Buffer.from(`${'x'.repeat(1000)}\r\n`);
    const endless = (chunk: Buffer) => (socket: import('node:net').Socket) => {
      const more = (): void => {
        while (!socket.destroyed && socket.write(chunk));
      };
      socket.on('drain', more);
      more();
    };
    const cases: readonly (readonly [Code, number, RegExp])[] = [
      ['OVL504', await freePort(), /ECONNREFUSED/],
      [
        'OVL506',
        await listener(t, (socket) => socket.end('HTTP/1.0 400 Bad Request\r\n\r\n')),
        /HTTP\/1\.0 400/,
      ],
      ['OVL506', await listener(t, (socket) => socket.end()), /without a word/],
      ['OVL507', await listener(t, () => {}), /nothing was said/],
      ['OVL506', await listener(t, endless(line)), /more than 1024 KiB|it said/],
      ['OVL506', await listener(t, endless(Buffer.alloc(65_536, 'y'))), /more than 1024 KiB|it said/],
      ['OVL509', await listener(t, (socket) => socket.end('SSH-2.0-broken\r\n')), /./],
      ['OVL507', await listener(t, (socket) => void socket.write('SSH-2.0-stuck\r\n')), /./],
    ];
    const before = process.memoryUsage().rss;
    for (const [code, port, because] of cases) {
      const start = performance.now();
      const diagnostic = await diagnosticOf(connectDevice(`root@127.0.0.1:${port}`, { configFile }));
      t.is(diagnostic.code, code, diagnostic.because);
      t.regex(diagnostic.because ?? '', because);
      t.is(diagnostic.boardState, 'unchanged');
      t.true(performance.now() - start < 4000, code);
    }
    t.true(process.memoryUsage().rss - before < 100 << 20);
    t.is((await diagnosticOf(connectDevice('root@no-such-board.invalid', { configFile }))).code, 'OVL503');
    t.is((await diagnosticOf(connectDevice('root@255.255.255.255', { configFile }))).code, 'OVL505');
  },
);

test.serial('a banner of the login that never ends is cut off', async (t) => {
  const server = await ownServer(t, { config: { banner: 'z'.repeat(2 << 20) } });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts });
  const diagnostic = await diagnosticOf(
    connectDevice(`root@127.0.0.1:${server.port}`, { configFile, password: 'hunter2' }),
  );
  t.true(['OVL506', 'OVL509'].includes(diagnostic.code), diagnostic.code);
  t.false(server.logins.some((one) => one.method === 'password'));
});

test.serial('a server with old algorithms only: which, and the line that allows them', async (t) => {
  const algorithms = {
    kex: ['diffie-hellman-group1-sha1'],
    serverHostKey: ['ssh-rsa'],
    cipher: ['3des-cbc'],
    hmac: ['hmac-md5'],
  };
  const server = await ownServer(t, {
    keyType: 'rsa',
    config: { algorithms: algorithms as never },
    onExec: succeed,
  });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts });
  const name = `root@127.0.0.1:${server.port}`;
  const diagnostic = await diagnosticOf(connectDevice(name, { configFile, password: 'hunter2' }));
  t.is(diagnostic.code, 'OVL508');
  t.is(
    diagnostic.because,
    'key exchange: it has diffie-hellman-group1-sha1\nhost key: it has ssh-rsa\ncipher: it has 3des-cbc\nMAC: it has hmac-md5',
  );
  t.regex(
    diagnostic.fix ?? '',
    /target:\n {2}legacy_algorithms: \[diffie-hellman-group1-sha1, ssh-rsa, 3des-cbc, hmac-md5\]$/,
  );
  t.deepEqual(server.logins, []);
  const legacyAlgorithms = /\[(.*)\]/.exec(diagnostic.fix ?? '')?.[1]?.split(', ') ?? [];
  const device = await connected(t, name, { configFile, legacyAlgorithms });
  t.deepEqual((await device.run(program('true'))).ending, { kind: 'exited', code: 0 });
  const byConfig = await ownSsh(t, {
    knownHosts: server.knownHosts,
    lines: [
      'KexAlgorithms +diffie-hellman-group1-sha1',
      'HostKeyAlgorithms +ssh-rsa',
      'Ciphers +3des-cbc',
      'MACs +hmac-md5',
    ],
  });
  await connected(t, name, { configFile: byConfig.configFile });
});

/**
 * ssh2's server with the name and the algorithms of dropbear 0.52 (2008, OpenWrt Backfire): today's dropbear has no option that
 * says which it offers, they are decided when it is compiled, and Debian's has SHA-2 and an elliptic curve.
 */
test.serial('a dropbear of 2008 with a DSA key: which, and the line that allows them', async (t) => {
  const algorithms = {
    kex: ['diffie-hellman-group1-sha1'],
    serverHostKey: ['ssh-dss'],
    cipher: ['aes128-cbc', '3des-cbc', 'aes256-cbc'],
    hmac: ['hmac-sha1-96', 'hmac-sha1', 'hmac-md5'],
  };
  const server = await ownServer(t, {
    keyType: 'dsa',
    config: { ident: 'dropbear_0.52', algorithms: algorithms as never },
    accept: (method) => method === 'password',
    onExec: succeed,
  });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts });
  const name = `root@127.0.0.1:${server.port}`;
  const diagnostic = await diagnosticOf(connectDevice(name, { configFile, password: 'hunter2' }));
  t.is(diagnostic.code, 'OVL508');
  t.regex(diagnostic.message, /\(dropbear_0\.52\) has only algorithms that are not offered to it/);
  t.deepEqual(server.logins, [], 'nothing was tried');
  const line = /legacy_algorithms: \[(.*)\]$/.exec(diagnostic.fix ?? '')?.[1];
  // Most of today's ssh still offer hmac-sha1 by themselves.
  t.regex(line ?? '', /^diffie-hellman-group1-sha1, ssh-dss, aes128-cbc(?:, hmac-sha1)?$/);
  const device = await connected(t, name, {
    configFile,
    password: 'hunter2',
    legacyAlgorithms: line?.split(', ') ?? [],
  });
  t.deepEqual((await device.run(program('true'))).ending, { kind: 'exited', code: 0 });
  t.deepEqual(server.logins.at(-1), { method: 'password', password: 'hunter2' });
});

test.serial(
  'endless output, a hanging command, a refused one, a cut connection, an aborted one',
  async (t) => {
    const server = await ownServer(t, {
      onExec: (line, channel, client) => {
        if (line.includes('endless')) {
          const more = (): void => {
            while (channel.writable && channel.write(Buffer.alloc(32_768, 'x')));
          };
          channel.on('drain', more);
          more();
        }
        if (line.includes('cut')) setTimeout(() => client.end(), 50);
        if (line.includes('no-status')) channel.close();
        if (line.includes('answer')) {
          channel.write('yes\n');
          channel.exit(0);
          channel.end();
        }
      },
    });
    const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts });
    const device = await connected(t, `root@127.0.0.1:${server.port}`, { configFile });
    const endless = await diagnosticOf(
      device.run(script('endless'), { limit: 100_000, boardState: 'unchanged' }),
    );
    t.is(endless.code, 'OVL532');
    t.is(endless.boardState, 'unchanged');
    const start = performance.now();
    t.is((await diagnosticOf(device.run(script('hang'), { deadlineMs: 300 }))).code, 'OVL531');
    t.is(
      (
        await diagnosticOf(
          device.run(script('hang'), { silenceMs: 200, deadlineMs: Number.POSITIVE_INFINITY }),
        )
      ).code,
      'OVL531',
    );
    t.true(performance.now() - start < 2000);
    t.is((await diagnosticOf(device.run(script('no-status')))).code, 'OVL533');
    await t.throwsAsync(device.run(script('hang'), { signal: AbortSignal.abort(new Error('stop')) }), {
      message: 'stop',
    });
    const enough = new AbortController();
    setTimeout(() => enough.abort(new Error('enough')), 100);
    await t.throwsAsync(device.run(script('hang'), { signal: enough.signal }), { message: 'enough' });
    t.is((await device.run(script('answer'))).stdout.toString(), 'yes\n', 'the connection is still of use');
    const cut = await diagnosticOf(device.run(script('cut')));
    t.is(cut.code, 'OVL530');
    t.is(cut.boardState, 'unknown');
    t.is((await device.lost).kind, 'lost');
  },
);

test.serial(
  'a server that asks for ever is asked three times; what it says cannot act on a terminal',
  async (t) => {
    const server = await ownServer(t, {
      accept: () => false,
      methods: ['keyboard-interactive', 'password', 'publickey'],
    });
    const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts });
    const { asked, secret } = person(...Array(50).fill('hunter2'));
    const diagnostic = await diagnosticOf(
      connectDevice(`root@127.0.0.1:${server.port}`, { configFile, questions: { secret } }),
    );
    t.is(diagnostic.code, 'OVL520');
    t.is(asked.length, 3);
    t.deepEqual(
      server.logins.map((one) => one.method),
      ['none', 'password', 'password', 'password'],
    );
    t.notRegex(JSON.stringify(diagnostic), /hunter2/);
  },
);

test.serial('no secret is in the arguments of a process while a login runs', async (t) => {
  const seen: string[] = [];
  const look = async (): Promise<void> => {
    for (const pid of await readdir('/proc')) {
      if (/^\d+$/.test(pid)) seen.push(await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => ''));
    }
  };
  const server = await ownServer(t, { accept: (method) => method === 'password' });
  const { configFile } = await ownSsh(t, { knownHosts: server.knownHosts });
  const device = await connected(t, `root@127.0.0.1:${server.port}`, {
    configFile,
    questions: {
      secret: async () => {
        await look();
        return 'hunter2-in-argv';
      },
    },
  });
  await look();
  t.deepEqual(server.logins.at(-1), { method: 'password', password: 'hunter2-in-argv' });
  t.false(seen.some((line) => line.includes('hunter2-in-argv')));
  t.true(seen.length > 5);
  t.notRegex(JSON.stringify(device), /hunter2/);
});
