import test from 'ava';
import { mirrorOf, parseDeb822, parseList, sourceStanza } from '../../src/system/apt-sources.ts';

test('lines of sources.list', (t) => {
  const text = `# deb http://old.example/debian bookworm main
deb http://mirror.example/debian bookworm main contrib # the near one
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/a.gpg,/b.gpg] https://mirror.example/security bookworm-security main
 deb [trusted=yes] cdrom:[Debian]/ bookworm main
nonsense
`;
  t.deepEqual(parseList(text), [
    { uri: 'http://mirror.example/debian', suites: ['bookworm'], components: ['main', 'contrib'] },
    {
      uri: 'https://mirror.example/security',
      suites: ['bookworm-security'],
      components: ['main'],
      signedBy: '/a.gpg /b.gpg',
    },
    { uri: 'cdrom:[Debian]/', suites: ['bookworm'], components: ['main'] },
  ]);
});

const key = `
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----`;

test('stanzas of .sources files, with comments, several addresses and keys within', (t) => {
  const text = `Types: deb deb-src
# a comment in the middle
URIs: http://one.example/debian
  http://two.example/debian
Suites: trixie trixie-updates
Components: main
Signed-By:${key}

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: trixie
Components: main

Types: deb-src
URIs: http://sources.example/debian
Suites: trixie
Components: main
`;
  const common = { suites: ['trixie', 'trixie-updates'], components: ['main'], signedBy: key };
  t.deepEqual(parseDeb822(text), [
    { uri: 'http://one.example/debian', ...common },
    { uri: 'http://two.example/debian', ...common },
  ]);
});

test('the mirror of a release, and a stanza for another suite of it that apt reads back', (t) => {
  const sources = [
    { uri: 'http://other.example/', suites: ['nodistro'], components: ['main'] },
    { uri: 'http://security.example/', suites: ['bookworm-security'], components: ['main'] },
    { uri: 'http://nonfree.example/', suites: ['bookworm'], components: ['non-free'] },
    {
      uri: 'http://mirror.example/',
      suites: ['bookworm', 'bookworm-updates'],
      components: ['main'],
      signedBy: key,
    },
  ];
  const mirror = mirrorOf(sources, 'bookworm');
  t.is(mirror?.uri, 'http://mirror.example/');
  t.is(mirrorOf(sources, 'noble'), undefined);
  t.is(mirrorOf([{ uri: 'u', suites: ['sid'], components: ['main'] }], 'forky')?.uri, 'u');
  t.is(mirrorOf(sources, undefined)?.uri, 'http://other.example/');
  if (mirror === undefined) return t.fail();
  t.deepEqual(parseDeb822(sourceStanza('deb', mirror, 'trixie')), [
    { uri: 'http://mirror.example/', suites: ['trixie'], components: ['main'], signedBy: key },
  ]);
});
