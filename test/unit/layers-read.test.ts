/** What an upper says, read from entries: overlay and mini_fo, with and without a listing of the base. */
import test from 'ava';
import { type Change, type LayerEntry, readUpper } from '../../src/layers/index.ts';

const file = (path: string, more: Partial<LayerEntry> = {}): LayerEntry => ({
  path,
  type: 'file',
  mode: 0o644,
  uid: 0,
  gid: 0,
  size: 4,
  ...more,
});
const folder = (path: string, attributes: Readonly<Record<string, string>> = {}): LayerEntry => ({
  ...file(path, { type: 'directory', mode: 0o755 }),
  attributes: new Map(Object.entries(attributes).map(([name, value]) => [`trusted.overlay.${name}`, value])),
});
const whiteout = (path: string): LayerEntry =>
  file(path, { type: 'char-device', mode: 0, device: { major: 0, minor: 0 } });
const note = (attributes: Readonly<Record<string, string>>): Pick<LayerEntry, 'attributes'> => ({
  attributes: folder('', attributes).attributes ?? new Map(),
});

const words = (changes: readonly Change[]): readonly string[] =>
  changes.map((one) => `${one.kind} ${one.path}${'from' in one ? ` from ${one.from}` : ''}`);

const base: readonly LayerEntry[] = [
  folder(''),
  folder('etc'),
  file('etc/passwd'),
  file('etc/gone'),
  folder('opt'),
  file('opt/a'),
  folder('old'),
  file('old/x'),
  file('old/y'),
  folder('plain'),
];

const overlay: readonly LayerEntry[] = [
  folder('', { impure: 'y' }),
  folder('etc', { origin: 'x', impure: 'y' }),
  file('etc/passwd', note({ origin: 'x' })),
  file('etc/mine'),
  whiteout('etc/gone'),
  whiteout('etc/never'),
  folder('opt', { opaque: 'y' }),
  file('opt/a'),
  folder('new', { redirect: '/old' }),
  whiteout('new/x'),
  file('new/y'),
  whiteout('old'),
  folder('made', { opaque: 'y' }),
  file('made/in'),
  { ...folder('plain'), mode: 0o700 },
  file('data', note({ metacopy: '', redirect: '/etc/passwd' })),
  file('user.note', { attributes: new Map([['trusted.overlay.redirect', '/no/redirect/of/a/file']]) }),
];

test('overlay, with the base known', (t) => {
  t.deepEqual(words(readUpper(overlay, 'overlay', base)), [
    'attributes data from etc/passwd',
    'deleted etc/gone',
    'created etc/mine',
    'changed etc/passwd',
    'created made',
    'created made/in',
    'moved new from old',
    'deleted new/x',
    'changed new/y',
    'deleted old',
    'replaced opt',
    'created opt/a',
    'changed plain',
    'created user.note',
  ]);
});

test('overlay, without: what cannot be known is not claimed', (t) => {
  const found = words(readUpper(overlay, 'overlay'));
  t.true(found.includes('written etc/passwd'));
  t.true(found.includes('written etc'));
  t.true(found.includes('deleted etc/never'));
  t.true(found.includes('created opt/a'), 'below an opaque directory there is no base');
  t.false(found.some((one) => one.startsWith('changed')));
});

test('a relative redirect is a name beside where the directory is', (t) => {
  const entries = [folder('etc/b', { redirect: 'a' }), file('etc/b/f')];
  const below = [folder('etc'), folder('etc/a'), file('etc/a/f')];
  t.deepEqual(words(readUpper(entries, 'overlay', below)), ['moved etc/b from etc/a', 'changed etc/b/f']);
});

test('mini_fo says the same with other notes', (t) => {
  const meta = 'META_dAfFgHE39ktF3HD2sr';
  const entries = [
    file(meta, { content: 'R /old new\nD old\nD opt\nD torn' }),
    folder('etc'),
    file(`etc/${meta}`, { content: 'D gone\nnoise\nD a b\nD x/y\nR /two words here\n' }),
    file('etc/passwd'),
    file('etc/mine'),
    folder('opt'),
    file('opt/a'),
    folder('new'),
    file('new/y'),
  ];
  t.deepEqual(words(readUpper(entries, 'mini_fo', base)), [
    'deleted etc/gone',
    'created etc/mine',
    'changed etc/passwd',
    'moved new from old',
    'changed new/y',
    'deleted old',
    'replaced opt',
    'created opt/a',
  ]);
  t.true(words(readUpper(entries, 'mini_fo')).includes('deleted etc/a b'), 'a name may have blanks');
});
