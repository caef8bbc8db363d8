/** The checker's own upgrades: its model of uppers and bases, and what its judge finds. */
import test from 'ava';
import fc from 'fast-check';
import { expectationAfter, type SeenEntry, type SeenTree, seenOf } from '../../src/lab/torture/judge.ts';
import { nextModes, nextTree } from '../../src/lab/torture/next-tree.ts';
import { Random } from '../../src/lab/torture/random.ts';
import type { Inside } from '../../src/lab/torture/storage-view.ts';
import { factoryTree, loadFolder, plainFile, rootFilesOf, type Tree } from '../../src/lab/torture/tree.ts';
import {
  afterEdit,
  chooseEdits,
  type Edit,
  editCommand,
  type UnionKind,
} from '../../src/lab/torture/upgrade-edits.ts';
import { cleaned, factsOf, isOrphan, recordOf } from '../../src/lab/torture/upgrade-facts.ts';
import {
  judgeInside,
  judgeUpgraded,
  type Upgrade,
  upgradedTree,
} from '../../src/lab/torture/upgrade-judge.ts';
import { merged, type Upper } from '../../src/lab/torture/upper-model.ts';

const plainUnion: UnionKind = { follows: false, exchanges: true };
const first = { tree: factoryTree, modes: new Map<string, number>() };
const next = { tree: nextTree, modes: nextModes };
const [from, to] = [`overlaykit-base 1 ${'1'.repeat(32)}`, `overlaykit-base 1 ${'2'.repeat(32)}`];

function upperAfter(edits: readonly Edit[], union = plainUnion): Upper {
  return edits.reduce<Upper>((upper, edit) => afterEdit(upper, edit, union), new Map());
}

function upgradeOf(seed: number, known = 0.7, union = plainUnion): Upgrade {
  const edits = chooseEdits(24, union, new Random(`${seed}`));
  const recorded = upperAfter(edits.slice(0, Math.floor(edits.length * known)), union);
  return { upper: upperAfter(edits, union), recorded: recordOf(recorded, first), base: next, from, to };
}

const whiteout: SeenEntry = { kind: 'other', what: 'an entry of type 020000' };

/** An upper as the checking board lists it. */
function listed(upper: Upper): Map<string, SeenEntry> {
  return new Map(
    [...upper].map(([path, entry]) => [
      path,
      entry.kind === 'whiteout' ? whiteout : seenOf(entry.kind === 'file' ? entry : { kind: 'folder' }),
    ]),
  );
}

function seen(tree: Tree): SeenTree {
  return new Map([...tree].map(([path, entry]) => [path, seenOf(entry)]));
}

function reportOf({ upper, recorded, base }: Upgrade): readonly string[] {
  const facts = factsOf(upper, recorded, base).map((fact) => fact.replace(' ', ` ${loadFolder}/`));
  return ['overlaykit-base-report 1 waiting=1', ...facts, 'end=1.1'];
}

function inside(upgrade: Upgrade, change: Partial<Inside['notes']> & { upper?: SeenTree } = {}): Inside {
  const { upper = listed(upgrade.upper), ...notes } = change;
  return { upper, notes: { base: [from], report: [], ...notes } };
}

const done = { done: true, written: false };
const cutInIt = { done: false, written: false };
const faults = (...call: Parameters<typeof judgeInside>): readonly string[] =>
  judgeInside(...call).map(({ fault }) => fault);

const edit = (kind: 'remove' | 'make-folder', path: string): Edit => ({ kind, number: 1, path });
const piece = { at: 0, length: 4 };

test('an upper has what overlayfs leaves in it, and shows it over another base', (t) => {
  const edits: readonly Edit[] = [
    edit('remove', 'd0/f0'),
    edit('remove', 'n2'),
    { kind: 'replace-by-folder', number: 2, path: 'n3', piece },
    { kind: 'move', number: 3, path: 'd1/f1', to: 'd1/u0' },
    { kind: 'move', number: 4, path: 'n0', to: 'd2/s' },
    { kind: 'mode', number: 5, path: 'd3/f1', mode: 0o600 },
  ];
  const upper = upperAfter(edits);
  const kinds = Object.fromEntries(
    [...upper].map(([path, entry]) => [
      path,
      entry.kind === 'folder' && entry.opaque ? 'opaque' : entry.kind,
    ]),
  );
  t.deepEqual(kinds, {
    d0: 'folder',
    'd0/f0': 'whiteout',
    n2: 'whiteout',
    n3: 'opaque',
    'n3/x': 'file',
    d1: 'folder',
    'd1/u0': 'file',
    'd1/f1': 'whiteout',
    d2: 'folder',
    'd2/s': 'folder',
    'd2/s/a': 'file',
    'd2/s/b': 'file',
    'd2/s/m': 'folder',
    'd2/s/m/c': 'file',
    n0: 'whiteout',
    d3: 'folder',
    'd3/f1': 'file',
  });
  const after = merged(upper, nextTree);
  for (const path of ['d0/f0', 'n2', 'n3/b', 'n0/z', 'd1/f1']) t.false(after.has(path), path);
  for (const path of ['n1', 'd0/u0', 'd2/f0', 'd2/s/m/c']) t.true(after.has(path), path);
  t.deepEqual(after.get('d1/u0'), factoryTree.get('d1/f1'));
});

test('a new folder in place of a deleted one hides the next one; with features on every new one does', (t) => {
  const make = [edit('make-folder', 'd0/s')];
  t.true(merged(upperAfter(make), nextTree).has('d0/s/x'));
  t.false(merged(upperAfter(make, { follows: true, exchanges: true }), nextTree).has('d0/s/x'));
  t.false(merged(upperAfter([edit('remove', 'n0'), edit('make-folder', 'n0')]), nextTree).has('n0/z'));
});

test('each kind of fact, for what was recorded and what was not', (t) => {
  const edits: readonly Edit[] = [
    { kind: 'write', number: 1, path: 'd0/f0', piece },
    { kind: 'write', number: 1, path: 'd0/f1', piece },
    { kind: 'write', number: 1, path: 'd0/u0', piece },
    { kind: 'write', number: 1, path: 'd0/u2', piece },
    edit('remove', 'd1/f0'),
    edit('remove', 'd2/f2'),
    { kind: 'write', number: 1, path: 'd0/f3', piece },
    { kind: 'write', number: 1, path: 'n1/a', piece },
    { kind: 'write', number: 1, path: 'n3/a', piece },
    { kind: 'replace-by-folder', number: 1, path: 'n0', piece },
    { kind: 'mode', number: 1, path: 'd1/f1', mode: 0o600 },
  ];
  const upper = upperAfter(edits);
  t.deepEqual(factsOf(upper, recordOf(upper, first), next), [
    'attributes n3',
    'changed d0/f0',
    'deleted d1/f0',
    'new d0/u0',
    'opaque n0',
    'orphan d2/f2',
    'type d0/f3',
    'type n1',
  ]);
  t.deepEqual(factsOf(upper, new Map(), next), [
    'attributes n3',
    'orphan d2/f2',
    'type d0/f3',
    'type n1',
    'unknown d0/f0',
    'unknown d0/f1',
    'unknown d0/u0',
    'unknown d1/f0',
    'unknown n0',
  ]);
  t.deepEqual(factsOf(upper, recordOf(upper, first), first), []);
});

test('sessions have orphans and hidden versions; JFFS2 is not asked for what it cannot do', (t) => {
  const kinds = new Set<string>();
  for (let seed = 0; seed < 30; seed += 1) {
    const upgrade = upgradeOf(seed, 1);
    for (const fact of factsOf(upgrade.upper, upgrade.recorded, next)) kinds.add(fact.split(' ')[0] ?? '');
    const flash = chooseEdits(24, { follows: false, exchanges: false }, new Random(`${seed}`));
    const upper = upperAfter(flash);
    for (const [path, entry] of upper)
      if (entry.kind === 'whiteout') t.is(factoryTree.get(path)?.kind, 'file', path);
    const whiteouts = [...upper].filter(([, entry]) => entry.kind === 'whiteout').map(([path]) => path);
    t.true(whiteouts.some((path) => isOrphan(upper, path, nextTree)));
    t.true(whiteouts.some((path) => nextTree.has(path)));
    t.deepEqual(chooseEdits(24, plainUnion, new Random('7')), chooseEdits(24, plainUnion, new Random('7')));
  }
  t.deepEqual([...kinds].toSorted(), [
    'attributes',
    'changed',
    'deleted',
    'new',
    'opaque',
    'orphan',
    'type',
    'unknown',
  ]);
  t.true(editCommand(edit('remove', 'n2')).endsWith(`cd ${loadFolder} && rm -r n2`));
});

test('the next root has what the model says', (t) => {
  const files = new Map(rootFilesOf(nextTree, nextModes).map((one) => [one.path, one]));
  t.like(files.get(`${loadFolder}/n3`), { kind: 'directory', mode: 0o700 });
  t.like(files.get(`${loadFolder}/n1`), { kind: 'file' });
  t.is(files.get(`${loadFolder}/n2`), undefined);
  for (const path of nextTree.keys())
    for (let above = path; above.includes('/'); above = above.slice(0, above.lastIndexOf('/')))
      t.is(nextTree.get(above.slice(0, above.lastIndexOf('/')))?.kind, 'folder', path);
});

const upgrades = fc.nat().map((seed) => upgradeOf(seed));

test('the old state, the new one, and what lies between are fine', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(upgrades, (upgrade) => {
        const report = reportOf(upgrade);
        const clean = listed(cleaned(upgrade.upper, next));
        const half = new Map(
          [...listed(upgrade.upper)].filter(
            ([path], index) => !isOrphan(upgrade.upper, path, nextTree) || index % 2 === 0,
          ),
        );
        return [
          faults(inside(upgrade), upgrade, cutInIt),
          faults(inside(upgrade, { report }), upgrade, cutInIt),
          faults(inside(upgrade, { report, upper: half }), upgrade, cutInIt),
          faults(inside(upgrade, { report, upper: clean, base: [] }), upgrade, cutInIt),
          faults(inside(upgrade, { report, upper: clean, base: [to] }), upgrade, cutInIt),
          faults(inside(upgrade, { report, upper: clean, base: [to] }), upgrade, done),
        ].every((found) => found.length === 0);
      }),
      { numRuns: 40 },
    ),
  );
});

test('what is noted too early, lost, or not said is found', (t) => {
  fc.assert(
    fc.property(upgrades, fc.nat(), (upgrade, which) => {
      const report = reportOf(upgrade);
      const clean = listed(cleaned(upgrade.upper, next));
      const found = (change: Parameters<typeof inside>[1], progress = cutInIt): readonly string[] =>
        faults(inside(upgrade, change), upgrade, progress);
      t.true(found({ report, base: [to] }).includes('mixed'), 'orphans, and noted to fit');
      t.deepEqual(found({ report, upper: clean }, done), ['lost'], 'up, and not noted to fit');
      t.true(found({ upper: clean, base: [to] }).includes('lost'), 'no report');
      t.true(found({ upper: clean }).includes('lost'), 'cleaned before there is a report');
      t.deepEqual(found({ base: [`${to.slice(0, -3)}abc`] }), ['mixed'], 'no image that ever ran');
      const facts = report.slice(1, -1);
      const without = report.filter((line) => line !== facts[which % facts.length]);
      t.deepEqual(found({ report: without, upper: clean, base: [to] }), ['lost']);
      t.deepEqual(found({ report: [...report, `changed ${loadFolder}/d9`], upper: clean, base: [to] }), [
        'mixed',
      ]);
      const [path = '', entry] = [...clean][which % clean.size] ?? [];
      const gone = new Map(clean);
      gone.delete(path);
      t.deepEqual(found({ report, upper: gone, base: [to] }), ['lost']);
      if (entry?.kind !== 'file') return;
      const torn = new Map(clean).set(path, { ...entry, md5: '0'.repeat(32) });
      t.deepEqual(found({ report, upper: torn, base: [to] }), ['mixed']);
    }),
    { numRuns: 60 },
  );
});

test('a boot has to show every change over the next image, and its report', (t) => {
  const upgrade = upgradeOf(3);
  const expected = expectationAfter([], 0, upgradedTree(upgrade));
  const judge = (tree: Tree, base: string, report: readonly string[]): readonly string[] =>
    judgeUpgraded(seen(tree), { base: [base], report }, upgrade, { expected, written: false }).map(
      ({ fault }) => fault,
    );
  const tree = upgradedTree(upgrade);
  t.deepEqual(judge(tree, to, reportOf(upgrade)), []);
  t.deepEqual(judge(tree, from, reportOf(upgrade)), ['lost']);
  t.true(judge(tree, to, []).length > 0);
  t.deepEqual(judge(new Map([...tree].slice(1)), to, reportOf(upgrade)), ['lost']);
  t.deepEqual(judge(new Map(tree).set('d0/zz', plainFile('x')), to, reportOf(upgrade)), ['mixed']);
  t.true(judge(merged(upgrade.upper, factoryTree), to, reportOf(upgrade)).length > 0, 'the old image');
});
