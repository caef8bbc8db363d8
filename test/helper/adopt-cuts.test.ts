/**
 * `adopt` with the power cut at each of its calls, and with each call failing: the state names what was copied before or what
 * is copied now, and either is whole. The reader of the state is the torture run's own.
 */
import test, { type ExecutionContext } from 'ava';
import { runBoard } from '../../src/helper/board-verbs.ts';
import { countingState } from '../../src/lab/torture/storage-view.ts';
import { storageMark } from '../../src/shared/helper-protocol.ts';
import { stateLine } from '../../src/shared/state.ts';
import type { CutMode, ModelStorageOptions } from '../support/model-options.ts';
import { ModelStorage, PowerCut } from '../support/model-storage.ts';
import type { Survivors, Tree } from '../support/model-tree.ts';

const memory: Tree = {
  etc: { hostname: 'new\n', a: { x: '1', y: '2' }, gone: { mode: 0o020000, rdev: 0 } },
  var: 'a file',
};
const earlier: Tree = { etc: { hostname: 'earlier\n' } };
const generation = (upper: Tree): Tree => ({ upper, work: {} });
const state = { seq: 12, active: 3, previous: undefined, trying: undefined, attempts: 0, next: 4 };
const line = (seq: number): string => stateLine({ ...state, seq, reset: undefined });

/** A storage to which one pass has copied, and one that was made a moment ago. */
const storages: Readonly<
  Record<string, { readonly tree: Tree; readonly active: number; readonly before?: Tree }>
> = {
  'a later pass': {
    tree: {
      overlaykit: { 'state.a': line(11), 'state.b': line(12) },
      generations: { '3': generation(earlier), '4.partial': generation({ half: 'x' }) },
    },
    active: 3,
    before: earlier,
  },
  'the first pass': { tree: {}, active: 1 },
};

/** A board in memory: its upper beside the storage, which is a partition that nobody has mounted. */
class InMemory extends ModelStorage {
  override openDirectory(path: string): number {
    const root = super.openDirectory('/overlay');
    return path === '/overlay/upper' ? this.openIn(root, 'memory') : root;
  }
}

function run(tree: Tree, options: Partial<ModelStorageOptions> = {}) {
  const path = { by: 'path', path: '/dev/vdb' };
  const plan = {
    storage: {
      find: { kind: 'find-storage', address: path },
      mount: { fstype: 'ext4', source: { kind: 'storage' }, options: ['rw'], makeIfBlank: true },
    },
  };
  const content = 'x'.repeat(16384);
  const board = new InMemory({
    ...{ storage: { ...tree, memory }, status: { rung: 'tmpfs', generation: '' }, plan },
    devices: { '/dev/vdb': { kind: 'block', major: 254, minor: 16, content } },
    files: { '/sys/dev/block/254:16/size': '32\n', '/proc/swaps': '' },
    ...options,
  });
  try {
    return { board, code: runBoard(board, ['adopt', '--once']) };
  } catch (error) {
    if (error instanceof PowerCut) return { board, code: undefined };
    throw error;
  }
}

/** The number of the generation that boots next; what it has is whole. */
function booted(
  t: ExecutionContext,
  tree: Tree,
  { active, before }: (typeof storages)[string],
  where: string,
) {
  const notes = (tree.overlaykit ?? {}) as Tree;
  const slots = [notes['state.a'], notes['state.b']].filter((one) => typeof one === 'string');
  const generations = (tree.generations ?? {}) as Record<string, Tree>;
  const number = countingState(slots)?.active;
  // overlay_init begins with generation 1 where there is no state; nothing is in it.
  if (number === undefined) t.is(before, undefined, where);
  else if (number === active) t.deepEqual(generations[active]?.upper, before ?? {}, where);
  else t.deepEqual(generations[number]?.upper, memory, where);
  return number;
}

for (const [title, scene] of Object.entries(storages)) {
  const complete = run(scene.tree);
  const { calls } = complete.board;

  test(`${title}: without a cut only the new copy is left`, (t) => {
    t.is(complete.code, 0, complete.board.complaints.join('\n'));
    const tree = complete.board.tree();
    const number = booted(t, tree, scene, title);
    t.true(number !== undefined && number > scene.active);
    t.deepEqual(Object.keys(tree.generations as Tree), [String(number)]);
    t.deepEqual(complete.board.tree('synced'), tree, 'everything is durable when it returns');
    t.deepEqual(tree.memory, memory, 'memory is only read');
  });

  test(`${title}: the power is cut at each of its calls, and the next pass goes on`, (t) => {
    for (let call = 1; call <= calls.length; call++) {
      for (const mode of ['before', 'middle', 'after'] as CutMode[]) {
        const { board } = run(scene.tree, { cut: { call, mode } });
        for (const which of ['issued', 'synced', 'names'] as Survivors[])
          booted(t, board.tree(which), scene, `cut ${mode} call ${call} (${calls[call - 1]}), ${which}`);
      }
      if (call % 5 > 0) continue;
      const { overlaykit = {}, generations = {} } = run(scene.tree, {
        cut: { call, mode: 'after' },
      }).board.tree();
      const next = run({ overlaykit, generations });
      const said = next.board.complaints.join('\n');
      // A first state that was torn is what overlay_init begins anew; a pass leaves it to that.
      if (said.includes('no slot of the state is whole; the next boot makes it anew')) continue;
      t.is(next.code, 0, `${call}: ${said}`);
      t.is(Object.keys(next.board.tree().generations as Tree).length, 1, String(call));
    }
  });

  for (const code of ['EIO', 'ENOSPC']) {
    test(`${title}: ${code} at each of its calls`, (t) => {
      for (let call = 1; call <= calls.length; call++) {
        const { board, code: exit } = run(scene.tree, { failing: { call, code } });
        const where = `call ${call} (${calls[call - 1]}): ${board.complaints.join(' | ')}`;
        const number = booted(t, board.tree(), scene, where);
        if (exit === 0) t.true(number !== undefined && number > scene.active, where);
        else t.true(board.complaints.length > 0, where);
      }
    });
  }
}

test('a half-made storage is left to the boot that makes it', (t) => {
  const content =
    'x'.repeat(16384 - storageMark.beforeEnd) + storageMark.text.padEnd(storageMark.beforeEnd, '\0');
  const devices = { '/dev/vdb': { kind: 'block', major: 254, minor: 16, content } } as const;
  const { board, code } = run({}, { devices });
  t.is(code, 3);
  t.regex(board.complaints[0] ?? '', /\/dev\/vdb is only half-made; boot from it first/);
  t.false(board.calls.some((call) => call.startsWith('mount')));
});
