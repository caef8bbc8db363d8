/** Paths inside an image: followed as a kernel would, and never out of it. */
import test from 'ava';
import fc from 'fast-check';
import { resolve } from '../../src/image/resolve.ts';
import { type DirectoryNode, directoriesOf, type ImageNode } from '../../src/image/tree.ts';

const owned = { mode: 0o755, uid: 0, gid: 0, mtime: 0 };
const folder = (children: Readonly<Record<string, ImageNode>>): DirectoryNode => ({
  kind: 'directory',
  ...owned,
  children: new Map(Object.entries(children)),
});
const link = (target: string): ImageNode => ({ kind: 'symlink', ...owned, target });
const file: ImageNode = { kind: 'file', ...owned, size: 0 };

const root = folder({
  usr: folder({ sbin: folder({ init: file, up: link('..'), far: link('../../../../usr/sbin/init') }) }),
  sbin: link('usr/sbin'),
  abs: link('/usr/sbin/'),
  here: link('.'),
  top: link('/'),
  empty: link(''),
  a: link('b'),
  b: link('a'),
  self: link('self/x'),
  out: link('../../../etc/passwd'),
  chain0: link('usr'),
  ...Object.fromEntries(Array.from({ length: 41 }, (_, n) => [`chain${n + 1}`, link(`chain${n}`)])),
});

const cases: readonly (readonly [string, string, string])[] = [
  ['/', 'found', '/'],
  ['//usr//./sbin/', 'found', '/usr/sbin'],
  ['/sbin/init', 'found', '/usr/sbin/init'],
  ['/abs/init', 'found', '/usr/sbin/init'],
  ['/sbin/far', 'found', '/usr/sbin/init'],
  ['/here/here/sbin/up/sbin/init', 'found', '/usr/sbin/init'],
  ['/top/sbin', 'found', '/usr/sbin'],
  ['/empty', 'found', '/'],
  ['/../../..', 'found', '/'],
  ['/usr/..', 'found', '/'],
  ['/a', 'loop', '/a'],
  ['/self', 'loop', '/self'],
  ['/out', 'dangling', '/out'],
  ['/sbin/none', 'missing', '/usr/sbin'],
  ['/none/deeper', 'missing', '/'],
  ['/sbin/init/x', 'not-a-directory', '/usr/sbin/init'],
  ['/sbin/init/..', 'not-a-directory', '/usr/sbin/init'],
  ['/chain38', 'found', '/usr'],
  ['/chain39', 'found', '/usr'],
  ['/chain40', 'loop', '/chain0'],
];

for (const [path, kind, where] of cases) {
  test(`${path} is ${kind} at ${where}`, (t) => {
    t.like(resolve(root, path), { kind, path: where });
  });
}

test('a link at the end is found itself when it is not to be followed', (t) => {
  t.like(resolve(root, '/sbin', { followLast: false }), { kind: 'found', path: '/sbin' });
  t.like(resolve(root, '/sbin/up', { followLast: false }), { kind: 'found', path: '/usr/sbin/up' });
});

test('what is missing is named from the last directory on', (t) => {
  t.like(resolve(root, '/sbin/x/y'), { kind: 'missing', path: '/usr/sbin', rest: ['x', 'y'] });
});

test('no links, whatever they say, lead out of the tree or go on for ever', (t) => {
  const part = fc.constantFrom('a', 'b', 'c', '..', '.', '', '/', '/a', '/b/c', '../..', 'a/b', 'c/../b');
  const target = fc.array(part, { maxLength: 4 }).map((parts) => parts.join('/'));
  let found = 0;
  fc.assert(
    fc.property(fc.array(target, { minLength: 6, maxLength: 6 }), target, (targets, path) => {
      const [a = '', b = '', c = '', d = '', e = '', f = ''] = targets;
      const tree = folder({
        a: link(a),
        b: folder({ a: link(b), b: link(c), c: folder({ a: link(d), b: file }) }),
        c: link(e),
        d: link(f),
      });
      const result = resolve(tree, `/${path}`);
      if (result.kind !== 'found') return;
      const inside = directoriesOf(tree).some(
        (one) => one === result.node || [...one.children.values()].includes(result.node),
      );
      t.true(inside);
      found += 1;
    }),
    { numRuns: 5000 },
  );
  t.true(found > 500);
});
