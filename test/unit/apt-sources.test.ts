import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import {
  mirrorOf,
  otherSources,
  parseDeb822,
  parseList,
  sourceStanza,
} from '../../src/system/apt-sources.ts';
import { testWith } from '../support/needs.ts';

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

testWith('debian-archive-keyring', 'debootstrap')(
  'a machine that is not Debian uses the sources that come along',
  async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'ovl-sources-'));
    t.teardown(() => rm(folder, { recursive: true }));
    const release = async (text: string): Promise<string> => {
      await writeFile(join(folder, 'os-release'), text);
      return join(folder, 'os-release');
    };
    const named = process.env.OVL_APT_SOURCES;
    delete process.env.OVL_APT_SOURCES;
    t.teardown(() => {
      if (named !== undefined) process.env.OVL_APT_SOURCES = named;
    });
    t.is(await otherSources(await release('NAME="Debian GNU/Linux"\nID=debian\n')), undefined);
    const ours = (await otherSources(await release('ID=ubuntu\nID_LIKE=debian\n'))) ?? '';
    t.is(await otherSources(join(folder, 'missing')), ours);
    const [source, ...more] = parseDeb822(await readFile(ours, 'utf8'));
    t.deepEqual(more, []);
    t.deepEqual([source?.suites, source?.components], [['bookworm'], ['main']]);
    t.truthy(source?.signedBy);
    process.env.OVL_APT_SOURCES = '/named';
    t.is(await otherSources(await release('ID=ubuntu\n')), '/named');
    delete process.env.OVL_APT_SOURCES;
  },
);
