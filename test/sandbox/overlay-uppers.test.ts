/**
 * Uppers on this machine's overlayfs: the checker finds what the kernel shows wrong, the reader reads what the kernel wrote, and
 * the rules for writing one hold as docs/decisions/0012 relies on them.
 */
import { readUpper } from '../../src/layers/index.ts';
import { testAsRoot } from '../support/needs.ts';
import { checkOverlay } from '../support/overlay-checker.ts';
import { full, safe, type UnionFolder, unionFolder } from '../support/real-unions.ts';
import { treeEntries } from '../support/tree-entries.ts';

const base = `mkdir -p lower/etc lower/gone/in lower/replaced lower/moved/in lower/plain; for f in etc/passwd etc/deleted gone/in/x replaced/x moved/in/x 'plain/a b'; do echo base >"lower/$f"; done; ln -s x lower/etc/link`;
const edits = `cd merged; echo mine >>etc/passwd; rm etc/deleted etc/link; rm -r gone replaced; mkdir replaced; echo mine >replaced/mine; chmod 700 plain; echo mine >'plain/new
line'; chmod 600 'plain/a b'; mknod null c 1 3`;

async function check(union: UnionFolder, on: boolean): Promise<readonly string[]> {
  const [upper, lower] = await Promise.all([treeEntries(union.upper), treeEntries(union.lower)]);
  return checkOverlay({ upper, lower, redirects: on, metacopy: on });
}

testAsRoot('what the kernel writes is clean, and is read as what was done', async (t) => {
  for (const options of [safe, full]) {
    const union = await unionFolder(t);
    await union.run(base);
    await union.run(`${edits}${options === full ? '; mv moved away; rm away/in/x' : ''}`, options);
    t.deepEqual(await check(union, options === full), [], options);
    const changes = readUpper(await treeEntries(union.upper), 'overlay', await treeEntries(union.lower));
    const found = changes.map(({ kind, path }) => `${kind} ${path}`);
    t.deepEqual(found, [
      ...(options === full ? ['moved away', 'deleted away/in/x'] : []),
      'deleted etc/deleted',
      'deleted etc/link',
      'changed etc/passwd',
      'deleted gone',
      ...(options === full ? ['deleted moved'] : []),
      'created null',
      'changed plain',
      `${options === full ? 'attributes' : 'changed'} plain/a b`,
      'created plain/new\nline',
      'replaced replaced',
      'created replaced/mine',
    ]);
  }
});

const rules: Readonly<
  Record<string, { readonly make: string; readonly shows: string; readonly says: RegExp | undefined }>
> = {
  'a whiteout in a directory that merges with nothing is seen': {
    make: 'mkdir upper/alone; mknod -m 0 upper/alone/w c 0 0',
    shows: 'merged/alone/w',
    says: /^\/alone\/w: a whiteout of nothing, in a directory where it is seen$/,
  },
  'the same in a directory that is marked impure': {
    make: 'mkdir upper/alone; mknod -m 0 upper/alone/w c 0 0; setfattr -n trusted.overlay.impure -v y upper/alone',
    shows: 'merged/alone/w',
    says: /^\/alone\/w: a whiteout of nothing/,
  },
  'a whiteout of nothing in a directory that merges is hidden': {
    make: 'mkdir upper/etc; mknod -m 0 upper/etc/w c 0 0',
    shows: '',
    says: undefined,
  },
  'a whiteout inside an opaque directory is seen': {
    make: 'mkdir upper/etc; setfattr -n trusted.overlay.opaque -v y upper/etc; mknod -m 0 upper/etc/passwd c 0 0',
    shows: 'merged/etc/passwd',
    says: /^\/etc\/passwd: a whiteout in an opaque directory, where it is seen$/,
  },
  'a whiteout of nothing in the root is hidden': {
    make: 'mknod -m 0 upper/w c 0 0',
    shows: '',
    says: undefined,
  },
  'an upper made by hand, without attributes, merges': {
    make: 'mkdir upper/etc; echo mine >upper/etc/passwd; mknod -m 0 upper/etc/deleted c 0 0',
    shows: '',
    says: undefined,
  },
  'a whiteout by attribute does not belong into an upper': {
    make: 'mkdir upper/etc; : >upper/etc/w; setfattr -n trusted.overlay.whiteout -v y upper/etc/w; setfattr -n trusted.overlay.opaque -v x upper/etc',
    shows: 'merged/etc/w',
    says: /a whiteout by attribute, which only lower layers may have/,
  },
};

for (const [rule, { make, shows, says }] of Object.entries(rules)) {
  testAsRoot(`writing an upper: ${rule}`, async (t) => {
    const union = await unionFolder(t);
    await union.run(`${base}; ${make}`);
    // Names that the directory lists and that cannot be looked at, as ls shows with question marks.
    const seen = await union.run(
      `for p in alone/w etc/w etc/passwd w; do
  if ls "merged/$(dirname $p)" 2>/dev/null | grep -qx "$(basename $p)" && ! [ -e "merged/$p" ]; then echo "merged/$p"; fi
done`,
      safe,
    );
    t.deepEqual([...new Set(seen.split('\n').filter((line) => line !== ''))], shows === '' ? [] : [shows]);
    const problems = await check(union, false);
    if (says === undefined) t.deepEqual(problems, []);
    else
      t.true(
        problems.some((line) => says.test(line)),
        problems.join('\n'),
      );
  });
}
