import test from 'ava';
import fc from 'fast-check';
import {
  hashName,
  judge,
  knownTypes,
  lookupName,
  parseKnownHosts,
  typeOf,
  wildcard,
} from '../../src/device/ssh/known-hosts.ts';

function blob(type: string, rest: string): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.from(rest)]);
}

const ed = (rest: string) => ({ type: 'ssh-ed25519', blob: blob('ssh-ed25519', rest) });
const line = (hosts: string, rest: string, type = 'ssh-ed25519') =>
  `${hosts} ${type} ${blob(type, rest).toString('base64')} comment`;
const judged = (text: string, host: string, port: number, rest: string) => {
  const verdict = judge(parseKnownHosts(text, 'known_hosts'), host, port, ed(rest));
  return verdict.kind === 'unknown'
    ? `unknown ${verdict.others.length}`
    : `${verdict.kind} ${verdict.entry.line}`;
};

test('plain names, ports, several names, cases, comments and nonsense', (t) => {
  const text = [
    '# comment',
    '',
    'nonsense',
    'host ssh-ed25519 !!!',
    line('other,HOST,10.0.0.1', 'a'),
    line('[host]:2222', 'b'),
  ].join('\n');
  t.is(judged(text, 'host', 22, 'a'), 'known 5');
  t.is(judged(text, 'Host', 22, 'b'), 'changed 5');
  t.is(judged(text, '10.0.0.1', 22, 'a'), 'known 5');
  t.is(judged(text, 'host', 2222, 'b'), 'known 6');
  t.is(judged(text, 'host', 2222, 'a'), 'changed 6');
  t.is(judged(text, 'host', 2200, 'a'), 'known 5', 'as ssh: a key known without the port counts');
  t.is(judged(text, 'host', 2200, 'c'), 'unknown 0', 'and one that differs there says nothing');
  t.is(judged(text, 'nobody', 22, 'a'), 'unknown 0');
});

test('patterns: negation wins wherever it stands, ? is one character', (t) => {
  const text = [line('*.example,!bad.example', 'a'), line('10.0.0.?', 'b')].join('\n');
  t.is(judged(text, 'good.example', 22, 'a'), 'known 1');
  t.is(judged(text, 'bad.example', 22, 'a'), 'unknown 0');
  t.is(judged(text, '10.0.0.7', 22, 'b'), 'known 2');
  t.is(judged(text, '10.0.0.77', 22, 'b'), 'unknown 0');
});

test('markers: revoked beats known, an authority is no host key, an unknown marker is skipped', (t) => {
  const revoked = `${line('host', 'a')}\n@revoked ${line('*', 'a')}`;
  t.is(judged(revoked, 'host', 22, 'a'), 'revoked 2');
  t.is(judged(revoked, 'host', 22, 'b'), 'changed 1');
  t.is(judged(`@cert-authority ${line('host', 'a')}`, 'host', 22, 'a'), 'unknown 0');
  t.is(judged(`@mystery ${line('host', 'a')}`, 'host', 22, 'a'), 'unknown 0');
});

test('a host known by keys of other types only is unknown, and says so', (t) => {
  const text = line('host', 'r', 'ssh-rsa');
  t.is(judged(text, 'host', 22, 'a'), 'unknown 1');
  t.deepEqual(knownTypes(parseKnownHosts(text, 'f'), 'host', 22), ['ssh-rsa']);
  t.deepEqual(knownTypes(parseKnownHosts(text, 'f'), 'host', 2222), ['ssh-rsa']);
});

const name = fc.stringMatching(/^[a-z0-9.-]{1,30}$/);
const port = fc.integer({ min: 1, max: 65_535 });

test('hashed lines are found by their host and port, and by no other', (t) => {
  fc.assert(
    fc.property(
      name,
      port,
      fc.uint8Array({ minLength: 20, maxLength: 20 }),
      name,
      (host, number, salt, other) => {
        const looked = lookupName(host, number);
        const hashed = `|1|${Buffer.from(salt).toString('base64')}|${hashName(salt, looked).toString('base64')}`;
        t.is(judged(line(hashed, 'a'), host, number, 'a'), 'known 1');
        t.is(judged(line(hashed, 'a'), host, number, 'b'), 'changed 1');
        if (other !== host) t.is(judged(line(hashed, 'a'), other, number, 'a'), 'unknown 0');
      },
    ),
    { numRuns: 100 },
  );
});

test('whatever the file has, parsing ends, and what it finds is as it stands there', (t) => {
  const piece = fc.oneof(
    fc.string(),
    fc.constantFrom(
      '@revoked',
      '|1|',
      '|',
      ',',
      '!',
      '*',
      'ssh-ed25519',
      blob('ssh-ed25519', 'x').toString('base64'),
    ),
  );
  fc.assert(
    fc.property(
      fc.array(fc.array(piece, { maxLength: 5 }).map((words) => words.join(' '))),
      name,
      (lines, host) => {
        const text = lines.join('\n');
        const entries = parseKnownHosts(text, 'f');
        for (const entry of entries) t.true((text.split('\n')[entry.line - 1] ?? '').includes(entry.key));
        t.true(['known', 'changed', 'revoked', 'unknown'].includes(judge(entries, host, 22, ed('x')).kind));
      },
    ),
    { numRuns: 300 },
  );
});

test('a pattern is a regular expression of two signs', (t) => {
  const characters = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?', '.'), maxLength: 12 });
  fc.assert(
    fc.property(
      characters,
      characters.map((text) => text.replaceAll(/[*?]/g, 'a')),
      (pattern, text) => {
        const expression = pattern.replaceAll('.', '\\.').replaceAll(/\*+/g, '.*').replaceAll('?', '.');
        t.is(wildcard(pattern, text), new RegExp(`^${expression}$`).test(text), `${pattern} ${text}`);
      },
    ),
    { numRuns: 2000 },
  );
  const start = performance.now();
  t.false(wildcard(`${'*a'.repeat(500)}b`, 'a'.repeat(20_000)));
  t.true(performance.now() - start < 2000);
});

test('the type of a key is read within its bytes', (t) => {
  t.is(typeOf(blob('ssh-rsa', '')), 'ssh-rsa');
  fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => t.is(typeof typeOf(bytes), 'string')));
});
