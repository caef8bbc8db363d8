import { homedir, userInfo } from 'node:os';
import test from 'ava';
import fc from 'fast-check';
import { legacyAlgorithms } from '../../src/board/legacy-algorithms.ts';
import { parseAddress } from '../../src/device/ssh/address.ts';
import { mismatch, offer } from '../../src/device/ssh/algorithms.ts';
import { readGreeting } from '../../src/device/ssh/server-offer.ts';
import { settingsFrom } from '../../src/device/ssh/settings.ts';

test('addresses as people write them', (t) => {
  const read = (text: string) => {
    const result = parseAddress(text);
    if (!result.ok) return result.diagnostics[0]?.code;
    const { host, user, port } = result.value;
    return [user, host, port];
  };
  t.deepEqual(read('board'), [undefined, 'board', undefined]);
  t.deepEqual(read('root@192.168.1.1'), ['root', '192.168.1.1', undefined]);
  t.deepEqual(read('root@192.168.1.1:2222'), ['root', '192.168.1.1', 2222]);
  t.deepEqual(read('ssh://root@board:22'), ['root', 'board', 22]);
  t.deepEqual(read('ssh://board/'), [undefined, 'board', undefined]);
  t.deepEqual(read('[fe80::1%eth0]:22'), [undefined, 'fe80::1%eth0', 22]);
  t.deepEqual(read('root@[::1]'), ['root', '::1', undefined]);
  t.deepEqual(read('::1'), [undefined, '::1', undefined]);
  t.deepEqual(read('root@fe80::1'), ['root', 'fe80::1', undefined]);
  for (const wrong of [
    '',
    '-oProxyCommand=x',
    'root@-x',
    'root@',
    '@host',
    'a b',
    'host:0',
    'host:70000',
    'x;id',
    '$(id)',
    'ho\nst',
    'http://host',
    'host/path',
    '[::1',
  ])
    t.is(read(wrong), 'OVL501', wrong);
});

test('a password in an address is refused and not repeated', (t) => {
  for (const text of ['root:hunter2@board', 'ssh://root:hunter2@board:22']) {
    const result = parseAddress(text);
    t.false(result.ok);
    t.notRegex(JSON.stringify(result), /hunter2/);
  }
});

test('any text is an address or a diagnostic', (t) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const result = parseAddress(text);
      if (result.ok) t.notRegex(result.value.host, /^-|[\s'"`$\\;&|<>]/);
    }),
  );
});

test('what ssh -G says is what counts; without ssh, what it would say', (t) => {
  const address = { text: 'b', host: 'b' };
  const said = settingsFrom(
    [
      'hostname 10.0.0.1',
      'port 2222',
      'user admin',
      'identityfile ~/.ssh/a',
      'identityfile %d/b',
      'identitiesonly yes',
      'proxyjump x,y',
      'userknownhostsfile /k1 /k2',
      'globalknownhostsfile none',
      'hostkeyalias alias',
      'stricthostkeychecking true',
      'connecttimeout 3',
      'serveraliveinterval 7',
      'serveralivecountmax 2',
      'hashknownhosts yes',
      'ciphers 3des-cbc',
      'pubkeyauthentication false',
      'identityagent none',
    ],
    address,
  );
  t.like(said, {
    host: '10.0.0.1',
    port: 2222,
    user: 'admin',
    identitiesOnly: true,
    proxy: { kind: 'jump', hosts: 'x,y' },
    hostKeyAlias: 'alias',
    strictHostKey: 'yes',
    connectTimeoutMs: 3000,
    aliveIntervalMs: 7000,
    aliveCount: 2,
    hashKnownHosts: true,
  });
  t.deepEqual(said.identityFiles, [`${homedir()}/.ssh/a`, `${homedir()}/b`]);
  t.deepEqual(
    [said.userKnownHosts, said.globalKnownHosts, said.offered, said.agent],
    [['/k1', '/k2'], [], ['3des-cbc'], undefined],
  );
  t.false(said.methods.publickey);
  const alone = settingsFrom([], address);
  t.like(alone, {
    host: 'b',
    port: 22,
    user: userInfo().username,
    proxy: { kind: 'none' },
    strictHostKey: 'ask',
    aliveIntervalMs: 5000,
  });
  t.is(alone.userKnownHosts[0], `${homedir()}/.ssh/known_hosts`);
  t.is(alone.offered, undefined);
});

test('old algorithms are offered only where they are named', (t) => {
  const plain = Object.values(offer([])).flat();
  t.deepEqual(
    legacyAlgorithms.filter((name) => plain.includes(name)),
    [],
  );
  t.deepEqual(offer(['ssh-rsa'], ['3des-cbc'], ['ssh-rsa']).serverHostKey.slice(0, 3), [
    'rsa-sha2-512',
    'rsa-sha2-256',
    'ssh-rsa',
  ]);
  t.true(offer(['ssh-rsa'], ['3des-cbc']).cipher.includes('3des-cbc'));
  const old = {
    kex: ['x'],
    serverHostKey: ['ssh-ed25519'],
    cipher: ['aes128-gcm@openssh.com'],
    hmac: ['hmac-md5'],
  };
  t.deepEqual(
    mismatch(offer([]), old).map((one) => one.kind),
    ['kex'],
    'the MAC is no matter beside AES-GCM',
  );
});

test('a greeting is read within its bytes, in whatever pieces it comes', (t) => {
  t.is(readGreeting(Buffer.from('hello\r\nSSH-2.0-dropbear_0.52\r\n'))?.software, 'dropbear_0.52');
  t.is(readGreeting(Buffer.from('SSH-2.0-cut')), undefined);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const greeting = readGreeting(Buffer.concat([Buffer.from('SSH-2.0-x\n'), bytes]));
      t.is(greeting?.software, 'x');
    }),
  );
});
