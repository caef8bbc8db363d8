import test from 'ava';
import fc from 'fast-check';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import type { VirtualBoard } from '../../src/lab/qemu/virtual-board.ts';
import {
  expectationAfter,
  isTree,
  judgeTree,
  type SeenEntry,
  type SeenTree,
  seenOf,
} from '../../src/lab/torture/judge.ts';
import {
  apply,
  chooseOperation,
  commandOf,
  type Operation,
  touches,
} from '../../src/lab/torture/operation.ts';
import { Random } from '../../src/lab/torture/random.ts';
import { judgeOld } from '../../src/lab/torture/reset.ts';
import { ask } from '../../src/lab/torture/scenario.ts';
import { type Entry, factoryTree, type Tree } from '../../src/lab/torture/tree.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { readModules } from '../support/import-graph.ts';
import { projectFiles } from '../support/project-files.ts';

/** A load of so many operations, and the tree after each of them. */
function load(seed: number, length: number): { operations: readonly Operation[]; trees: readonly Tree[] } {
  const operations: Operation[] = [];
  const trees: Tree[] = [factoryTree];
  for (let number = 1; number <= length; number += 1) {
    const tree = trees[number - 1] ?? factoryTree;
    const operation = chooseOperation(number, tree, new Random(`${seed}/${number}`));
    operations.push(operation);
    trees.push(apply(operation, tree));
  }
  return { operations, trees };
}

function seen(tree: Tree): Map<string, SeenEntry> {
  return new Map([...tree].map(([path, entry]) => [path, seenOf(entry)]));
}

const faults = (tree: SeenTree, operations: readonly Operation[], acknowledged: number): readonly string[] =>
  judgeTree(tree, expectationAfter(operations, acknowledged)).map(({ fault }) => fault);

const loads = fc.record({ seed: fc.nat(), at: fc.integer({ min: 1, max: 39 }) });

test('the same seed gives the same operations, another seed others', (t) => {
  const commands = (seed: number): readonly string[] => load(seed, 40).operations.map(commandOf);
  t.deepEqual(commands(7), commands(7));
  t.notDeepEqual(commands(7), commands(8));
  const kinds = new Set([1, 2, 3, 4, 5].flatMap((seed) => load(seed, 60).operations.map(({ kind }) => kind)));
  t.deepEqual([...kinds].toSorted(), [
    'append',
    'burst',
    'make-folder',
    'mode',
    'remove',
    'remove-folder',
    'replace',
  ]);
});

test('what was acknowledged is fine, and so is the operation under way, begun or done', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(loads, ({ seed, at }) => {
        const { operations, trees } = load(seed, 40);
        const [before, after] = [trees[at], trees[at + 1]];
        if (before === undefined || after === undefined) return false;
        const underWay = operations.slice(0, at + 1);
        return [
          faults(seen(before), underWay, at),
          faults(seen(after), underWay, at),
          faults(seen(before), operations.slice(0, at), at),
        ].every((found) => found.length === 0);
      }),
    ),
  );
});

test('an operation that was acknowledged and is not there is lost', (t) => {
  t.notThrows(() =>
    fc.assert(
      fc.property(loads, ({ seed, at }) => {
        const { operations, trees } = load(seed, 40);
        const [before, after] = [trees[at - 1], trees[at]];
        if (before === undefined || after === undefined) return false;
        const found = faults(seen(before), operations.slice(0, at), at);
        return found.length > 0 && found.every((fault) => fault === 'lost');
      }),
    ),
  );
});

test('every path that is gone, and every byte that is another one, is found', (t) => {
  fc.assert(
    fc.property(loads, fc.nat(), ({ seed, at }, which) => {
      const { operations, trees } = load(seed, 40);
      const done = operations.slice(0, at);
      const good = seen(trees[at] ?? factoryTree);
      const files = [...good].filter(([, entry]) => entry.kind === 'file');
      const [path = '', entry] = files[which % files.length] ?? [];
      const [gone, torn] = [new Map(good), new Map(good)];
      gone.delete(path);
      if (entry?.kind === 'file') torn.set(path, { ...entry, md5: '0'.repeat(32) });
      const foreign = new Map(good).set('d0/foreign', { kind: 'folder' });
      t.deepEqual(faults(gone, done, at), ['lost']);
      t.deepEqual(faults(torn, done, at), ['mixed']);
      t.deepEqual(faults(foreign, done, at), ['mixed']);
    }),
  );
});

test('a file that grows may have any of its beginnings, one that is replaced none', (t) => {
  const piece = { at: 100, length: 50 };
  const append: Operation = { kind: 'append', number: 1, path: 'd0/f0', piece, durable: 'fsync' };
  const replace: Operation = { kind: 'replace', number: 1, path: 'd0/f0', piece, durable: 'fsync' };
  const cutOff = (operation: Operation, path: string, length: number): SeenTree => {
    const touch = touches(operation, factoryTree).find((one) => one.path === path);
    const whole = touch?.passing ?? touch?.after;
    if (whole?.kind !== 'file') throw new Error('not a file');
    return seen(new Map(factoryTree).set(path, { ...whole, bytes: whole.bytes.subarray(0, length) }));
  };
  const before = factoryTree.get('d0/f0');
  const length = before?.kind === 'file' ? before.bytes.length : 0;
  t.deepEqual(faults(cutOff(append, 'd0/f0', length + 20), [append], 0), []);
  t.deepEqual(faults(cutOff(append, 'd0/f0', length - 1), [append], 0), ['mixed']);
  t.deepEqual(faults(cutOff(append, 'd0/f0', length + 20), [append], 1), ['mixed']);
  t.deepEqual(faults(cutOff(replace, 'd0/f0', 20), [replace], 0), ['mixed']);
  t.deepEqual(faults(cutOff(replace, 'd0/f0.tmp', 20), [replace], 0), []);
  t.true(
    faults(cutOff(replace, 'd0/f0.tmp', 20), [replace], 1).length === 2,
    'the old content, and a temporary file',
  );
});

test('a reset leaves all old with the request, or nothing old', (t) => {
  const { trees } = load(3, 30);
  const old = trees[30] ?? factoryTree;
  const fault = (tree: Tree, asked: boolean, done: boolean): string | undefined =>
    judgeOld(seen(tree), old, asked, done)[0]?.fault;
  t.is(fault(old, true, false), undefined);
  t.is(fault(old, false, false), 'lost');
  t.is(fault(old, true, true), 'lost');
  const half = new Map<string, Entry>([...factoryTree, ...[...old].slice(0, old.size / 2)]);
  t.false(isTree(seen(half), factoryTree));
  t.is(fault(half, true, false), 'mixed');
});

test('the judge and all that it needs share nothing with the code under test', async (t) => {
  const paths = (await projectFiles()).filter((path) => path.startsWith('src/') && path.endsWith('.ts'));
  const modules = new Map((await readModules(paths)).map((module) => [module.path, module]));
  const reached = new Set<string>();
  const reach = (path: string): void => {
    if (reached.has(path)) return;
    reached.add(path);
    for (const next of modules.get(path)?.imports ?? []) if (next.startsWith('src/')) reach(next);
  };
  for (const name of ['examine', 'judge', 'storage-view', 'writes', 'reset', 'upgrade'])
    reach(`src/lab/torture/${name}.ts`);
  t.true(reached.has('src/lab/torture/operation.ts'), packageRoot());
  const shared = [...reached].filter((path) =>
    /^src\/(shared\/(state|plan|step)|helper|plan|render\/(?!quote)|steps|union|deploy)/.test(path),
  );
  t.deepEqual(shared, []);
});

test('a load that the board cannot do is no finding, but a failure with what the board said', async (t) => {
  const answer = { output: 'sh: write error: No space left on device\n', exitCode: 1 };
  const board = { run: async () => answer } as unknown as VirtualBoard;
  const failure = await t.throwsAsync(ask(board, 'echo x >/srv/x'), { instanceOf: Failure });
  t.like(failure.diagnostics[0], {
    code: 'OVL415',
    because: 'sh: write error: No space left on device',
  });
});
