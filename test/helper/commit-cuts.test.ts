/**
 * `commit` with the power cut at each of its calls, and with each call failing: the state is the old one or the new one, and
 * what it names is whole. The reader of the state is the torture run's own.
 */
import test, { type ExecutionContext } from 'ava';
import { runBoard } from '../../src/helper/board-verbs.ts';
import { countingState } from '../../src/lab/torture/storage-view.ts';
import { stateLine } from '../../src/shared/state.ts';
import type { CutMode, ModelStorageOptions } from '../support/model-options.ts';
import { ModelStorage, PowerCut } from '../support/model-storage.ts';
import type { Survivors, Tree } from '../support/model-tree.ts';

const memory: Tree = {
  etc: { hostname: 'new\n', a: { x: '1', y: '2' }, gone: { mode: 0o020000, rdev: 0 } },
  var: 'a file',
};
const stored: Tree = { etc: { hostname: 'old\n', gone: 'x', kept: 'y' }, var: { log: { messages: 'm' } } };
const merged: Tree = {
  etc: { hostname: 'new\n', gone: { mode: 0o020000, rdev: 0 }, kept: 'y', a: { x: '1', y: '2' } },
  var: 'a file',
};

const generation = (upper: Tree): Tree => ({ upper, work: {} });
const line = (seq: number, more: object): string =>
  stateLine({
    ...{ seq, active: 3, previous: 2, trying: undefined, attempts: 1, next: 6, reset: undefined },
    ...more,
  });
const storage: Tree = {
  overlaykit: { 'state.a': line(11, { attempts: 0 }), 'state.b': line(12, {}), boots: {} },
  generations: {
    '2': generation({ older: 'z' }),
    '3': { ...generation(stored), note: 'of the base' },
    '4': { ...generation({ named: '4' }), name: 'good\n' },
    '5.partial': generation({ half: 'x' }),
  },
};

/** A board in memory: its upper beside the storage, which is a partition that nobody has mounted. */
class InMemory extends ModelStorage {
  override openDirectory(path: string): number {
    const root = super.openDirectory('/overlay');
    return path === '/overlay/upper' ? this.openIn(root, 'memory') : root;
  }
  override readFile(path: string): string {
    if (path === '/proc/mtd') return 'dev:    size   erasesize  name\nmtd3: 01000000 00010000 "storage"\n';
    return super.readFile(path.endsWith('/mountinfo') ? '/proc/self/mountinfo' : path);
  }
}

function run(words: readonly string[], options: Partial<ModelStorageOptions> = {}) {
  const plan = {
    generations: { keep: 4 },
    storage: {
      find: {
        kind: 'find-storage',
        address: { by: 'mtd-name', name: 'storage' },
        sizeBytes: 2 ** 24,
        eraseBlockBytes: 2 ** 16,
      },
      mount: { fstype: 'jffs2', source: { kind: 'storage' }, options: ['rw', 'noatime'] },
    },
  };
  const board = new InMemory({
    ...{ storage: { ...storage, memory }, status: { rung: 'tmpfs', generation: '' }, plan },
    ...options,
  });
  try {
    return { board, code: runBoard(board, words) };
  } catch (error) {
    if (error instanceof PowerCut) return { board, code: undefined };
    throw error;
  }
}

function expectOldOrNew(t: ExecutionContext, tree: Tree, newState: string, where: string): string {
  const notes = tree.overlaykit as Tree;
  const state = countingState([notes['state.a'], notes['state.b']].filter((one) => typeof one === 'string'));
  const generations = tree.generations as Record<string, Tree>;
  const said = `active=${state?.active} previous=${state?.previous} trying=${state?.trying}`;
  t.true(['active=3 previous=2 trying=undefined', newState].includes(said), `${where}: ${said}`);
  t.deepEqual(generations['3']?.upper, stored, where);
  t.deepEqual(generations['4']?.name, 'good\n', where);
  if (said === newState) {
    t.deepEqual(generations['6']?.upper, merged, where);
    t.is(generations['6']?.note, 'of the base', where);
  } else t.deepEqual(generations['2']?.upper, { older: 'z' }, where);
  return said;
}

const whole = { active: 'active=6 previous=3 trying=undefined', trying: 'active=3 previous=2 trying=6' };

for (const [words, newState] of [
  [['commit', '/'], whole.active],
  [['commit', '/etc', '/var'], whole.active],
  [['commit', '--try', '/'], whole.trying],
] as const) {
  const title = words.join(' ');
  const complete = run(words);

  test(`${title}: without a cut it does what it should`, (t) => {
    t.is(complete.code, 0, complete.board.complaints.join('\n'));
    const tree = complete.board.tree();
    t.is(expectOldOrNew(t, tree, newState, title), newState);
    t.deepEqual(complete.board.tree('synced'), tree, 'everything is durable when it returns');
    const left = Object.keys(tree.generations as Tree).toSorted();
    t.deepEqual(left, newState === whole.active ? ['3', '4', '6'] : ['2', '3', '4', '6']);
    t.deepEqual(tree.memory, memory, 'memory is only read');
  });

  test(`${title}: the power is cut at each of its calls`, (t) => {
    for (let call = 1; call <= complete.board.calls.length; call++) {
      for (const mode of ['before', 'middle', 'after'] as CutMode[]) {
        const { board } = run(words, { cut: { call, mode } });
        for (const which of ['issued', 'synced', 'names'] as Survivors[])
          expectOldOrNew(t, board.tree(which), newState, `cut ${mode} call ${call}, ${which}`);
      }
    }
  });

  for (const code of ['EIO', 'ENOSPC', 'EROFS']) {
    test(`${title}: ${code} at each of its calls`, (t) => {
      for (let call = 1; call <= complete.board.calls.length; call++) {
        const result = run(words, { failing: { call, code } });
        const where = `call ${call} (${complete.board.calls[call - 1]}): ${result.board.complaints.join(' | ')}`;
        const said = expectOldOrNew(t, result.board.tree(), newState, where);
        if (result.code === 0) t.is(said, newState, where);
        else t.true(result.board.complaints.length > 0, where);
      }
    });
  }
}

test('a commit goes on where one was interrupted, and leaves nothing of it', (t) => {
  const { calls } = run(['commit', '/']).board;
  for (let call = 1; call <= calls.length; call += 3) {
    const { board } = run(['commit', '/'], { cut: { call, mode: 'after' } });
    const next = run(['commit', '/var'], { storage: board.tree() });
    t.is(next.code, 0, `${call}: ${next.board.complaints.join('\n')}`);
    const left = Object.keys(next.board.tree().generations as Tree);
    t.deepEqual(
      left.filter((name) => name.endsWith('.partial')),
      [],
      String(call),
    );
    t.true(left.length <= 4, left.join(' '));
  }
});

test('a partition of another size or erase block is left alone', (t) => {
  const find = (more: object) => ({
    storage: {
      find: { kind: 'find-storage', address: { by: 'mtd-number', number: 3 }, ...more },
      mount: { fstype: 'jffs2', source: { kind: 'storage' }, options: ['rw'] },
    },
  });
  for (const [more, reason] of [
    [{ sizeBytes: 4096 }, /mtd3 has 16777216 bytes, the board file says 4096; it was left alone$/],
    [{ minBytes: 2 ** 25 }, /the board file wants at least 33554432; it was left alone$/],
    [{ maxBytes: 2 ** 20 }, /the board file wants at most 1048576; it was left alone$/],
    [
      { eraseBlockBytes: 4096 },
      /mtd3 has erase blocks of 65536 bytes, the board file says 4096; it was left alone$/,
    ],
  ] as const) {
    const { board, code } = run(['commit', '/'], { plan: find(more) });
    t.is(code, 3);
    t.regex(board.complaints[0] ?? '', reason);
    t.false(board.calls.some((call) => call.startsWith('mount')));
  }
});
