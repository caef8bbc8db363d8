/**
 * Every verb that changes the storage, with the power cut at each of its calls, and with each call failing: what a board
 * finds at its next boot is the old state or the new one, and every generation that the state names is whole. The reader here
 * is written from docs/decisions/0005, not from the helper.
 */
import test, { type ExecutionContext } from 'ava';
import { runBoard } from '../../src/helper/board-verbs.ts';
import { verbExit } from '../../src/shared/verb-exit.ts';
import type { CutMode, ModelStorageOptions } from '../support/model-options.ts';
import { ModelStorage, PowerCut } from '../support/model-storage.ts';
import type { Survivors, Tree } from '../support/model-tree.ts';

const status = { board: 'b', plan: 'p', rung: 'persistent', generation: '3', reset: '', reasons: [] };

const upper: Tree = {
  etc: { hostname: 'board\n', gone: { mode: 0o020000, rdev: 0 } },
  data: { deep: { deeper: { file: 'x' } }, empty: {} },
  socket: { mode: 0o140755, rdev: 0 },
};
const generation = (...parts: readonly Tree[]): Tree => Object.assign({ upper, work: {} }, ...parts);

function line(values: string, end: string): string {
  return `overlaykit-state 1 ${values} end=${end}\n`;
}
/** Written by hand: `x = (x * 31 + n) % 65521` over the seven numbers. */
const older = line('seq=11 active=3 previous=2 trying=- attempts=0 next=6 reset=-', '80.4503');
const newer = line('seq=12 active=3 previous=2 trying=- attempts=1 next=6 reset=-', '80.27200');

const storage: Tree = {
  overlaykit: { 'state.a': older, 'state.b': newer, boots: {} },
  generations: {
    '2': generation(),
    '3': generation(),
    '4': generation({ name: 'good\n' }),
    '5': generation(),
    '1.partial': generation(),
  },
};

/** What the next boot reads: the words of the whole slot with the higher seq. */
function stateOf(tree: Tree): string {
  const slots = ['state.a', 'state.b'].map((name) => (tree.overlaykit as Tree)[name]);
  const whole = slots
    .filter((text): text is string => typeof text === 'string')
    .map((text) => /^(overlaykit-state 1 seq=(\d+) (active=.*)) end=(\d+)\.(\d+)\n$/.exec(text))
    .filter((found) => found !== null)
    .filter(([, body = '', , , length, check]) => {
      const numbers = [...body.matchAll(/=(\d+|-)/g)].map(([, value]) =>
        value === '-' ? 0 : Number(value) + 1,
      );
      const sum = numbers.reduce((x, n) => (x * 31 + n) % 65521, 0);
      return numbers.length === 7 && Number(length) === body.length && Number(check) === sum;
    });
  const best = whole.reduce<RegExpExecArray | undefined>(
    (one, other) => (one === undefined || Number(other[2]) > Number(one[2]) ? other : one),
    undefined,
  );
  return best?.[3] ?? 'neither';
}

function named(state: string): readonly string[] {
  return [...state.matchAll(/(?:active|previous|trying)=(\d+)/g)].map(([, number]) => number ?? '');
}

const withoutSocket = (tree: unknown): unknown => {
  const { socket: _socket, ...rest } = tree as Tree;
  return rest;
};

function run(words: readonly string[], options: Partial<ModelStorageOptions> = {}) {
  const board = new ModelStorage({ storage, status, ...options });
  try {
    return { board, code: runBoard(board, words) };
  } catch (error) {
    if (error instanceof PowerCut) return { board, code: undefined };
    throw error;
  }
}

/** Everything that holds of a storage whatever happened. */
function expectSound(t: ExecutionContext, tree: Tree, allowed: readonly string[], title: string): void {
  const state = stateOf(tree);
  t.true(allowed.includes(state), `${title}: the state is ${state}`);
  const generations = tree.generations as Tree;
  for (const number of named(state))
    t.deepEqual((generations[number] as Tree).upper, upper, `${title}: generation ${number}`);
  for (const [number, content] of Object.entries(generations)) {
    // Under both names it is unfinished: a rename that was cut.
    if (!/^\d+$/.test(number) || `${number}.partial` in generations) continue;
    t.deepEqual(
      withoutSocket((content as Tree).upper),
      withoutSocket(upper),
      `${title}: generation ${number}`,
    );
  }
  t.deepEqual((generations['4'] as Tree | undefined)?.name ?? 'dropped', 'good\n', title);
}

const verbs: Readonly<Record<string, { readonly words: readonly string[]; readonly state?: string }>> = {
  confirm: { words: ['confirm'], state: 'active=3 previous=2 trying=- attempts=0 next=6 reset=-' },
  try: { words: ['try', 'good'], state: 'active=3 previous=2 trying=4 attempts=0 next=6 reset=-' },
  rollback: { words: ['rollback'], state: 'active=2 previous=3 trying=- attempts=0 next=6 reset=-' },
  'rollback to one': {
    words: ['rollback', '5'],
    state: 'active=5 previous=3 trying=- attempts=0 next=6 reset=-',
  },
  drop: { words: ['drop', '2'], state: 'active=3 previous=- trying=- attempts=1 next=6 reset=-' },
  snapshot: { words: ['snapshot', 'copy'], state: 'active=3 previous=2 trying=- attempts=1 next=7 reset=-' },
  name: { words: ['name', '5', 'five'] },
  reset: { words: ['reset'] },
  'reset of a path': { words: ['reset', '/etc'] },
  sweep: { words: ['sweep'] },
};

const before = 'active=3 previous=2 trying=- attempts=1 next=6 reset=-';

for (const [title, { words, state = before }] of Object.entries(verbs)) {
  const plan = { generations: { keep: 9 } };
  const complete = run(words, { plan });

  test(`${title}: without a cut it does what it should`, (t) => {
    t.is(complete.code, 0, complete.board.complaints.join('\n'));
    t.is(stateOf(complete.board.tree()), state);
    t.deepEqual(
      complete.board.tree('synced'),
      complete.board.tree(),
      'everything is durable when it returns',
    );
    expectSound(t, complete.board.tree(), [state], title);
  });

  test(`${title}: the power is cut at each of its calls`, (t) => {
    for (let call = 1; call <= complete.board.calls.length; call++) {
      for (const mode of ['before', 'middle', 'after'] as CutMode[]) {
        const { board } = run(words, { plan, cut: { call, mode } });
        for (const which of ['issued', 'synced', 'names'] as Survivors[]) {
          const where = `cut ${mode} call ${call} (${board.calls[call - 1]}), ${which}`;
          expectSound(t, board.tree(which), [before, state], where);
          const next = run(['sweep'], { storage: board.tree(which), plan });
          t.is(next.code, 0, `${where}: ${next.board.complaints.join('\n')}`);
          expectSound(t, next.board.tree(), [before, state], `${where}, swept`);
          const left = Object.keys(next.board.tree().generations as Tree);
          t.deepEqual(
            left.filter((name) => name.endsWith('.partial')),
            [],
            where,
          );
        }
      }
    }
  });

  for (const code of ['EIO', 'ENOSPC', 'EROFS', 'EPERM']) {
    test(`${title}: ${code} at each of its calls`, (t) => {
      for (let call = 1; call <= complete.board.calls.length; call++) {
        const result = run(words, { plan, failing: { call, code } });
        const where = `call ${call} (${complete.board.calls[call - 1]}): ${result.board.complaints.join(' | ')}`;
        expectSound(t, result.board.tree(), [before, state], where);
        if (result.code === 0) t.is(stateOf(result.board.tree()), state, where);
        else t.true(result.board.complaints.length > 0, where);
        for (const complaint of result.board.complaints) t.regex(complaint, /^overlay_helper: [ -~]+$/);
      }
    });
  }
}

test('a request for a reset is there, or it is not', (t) => {
  const { board } = run(['reset']);
  for (let call = 1; call <= board.calls.length; call++) {
    for (const mode of ['before', 'middle', 'after'] as CutMode[]) {
      const cut = run(['reset'], { cut: { call, mode } });
      t.deepEqual((cut.board.tree().generations as Tree)['3'], (storage.generations as Tree)['3']);
    }
  }
  t.true('reset' in (board.tree('synced').overlaykit as Tree));
});

test('a request for a path that a cut has torn is never one for the path above it', (t) => {
  const { board } = run(['reset', '/data/deep']);
  for (let call = 1; call <= board.calls.length; call++) {
    for (const mode of ['before', 'middle', 'after'] as CutMode[]) {
      const cut = run(['reset', '/data/deep'], { cut: { call, mode } });
      const next = run(['tidy'], { storage: cut.board.tree() });
      const left = ((next.board.tree().generations as Tree)['3'] as Tree).upper as Tree;
      t.true(
        ['{"deep":{"deeper":{"file":"x"}},"empty":{}}', '{"empty":{}}'].includes(JSON.stringify(left.data)),
      );
      t.deepEqual({ ...left, data: {} }, { ...upper, data: {} });
    }
  }
});

test('tidy that is cut anywhere is done by the next one', (t) => {
  const asked = run(['reset', '/data']).board.tree();
  const complete = run(['tidy'], { storage: asked });
  t.is(complete.code, 0);
  for (let call = 1; call <= complete.board.calls.length; call++) {
    for (const mode of ['before', 'middle', 'after'] as CutMode[]) {
      for (const which of ['issued', 'synced', 'names'] as Survivors[]) {
        const cut = run(['tidy'], { storage: asked, cut: { call, mode } });
        const next = run(['tidy'], { storage: cut.board.tree(which) });
        t.is(next.code, 0, next.board.complaints.join('\n'));
        const swept = run(['sweep'], { storage: next.board.tree() }).board.tree();
        const { data: _data, ...rest } = upper;
        t.deepEqual(((swept.generations as Tree)['3'] as Tree).upper, rest);
        t.false('reset-paths' in (swept.overlaykit as Tree));
        t.deepEqual(
          Object.keys(swept.generations as Tree).filter((name) => name.endsWith('.partial')),
          [],
        );
      }
    }
  }
});

test('on JFFS2, a generation that a cut rename has left under two names is not emptied', (t) => {
  for (const number of ['3', '2']) {
    const { board, code } = run(['sweep'], { alias: [[number, `${number}.partial`]] });
    t.is(code, 0);
    t.deepEqual(board.complaints, [
      `overlay_helper: sweep: ${number}.partial is a second name of a generation that boots; it stays`,
    ]);
    expectSound(t, board.tree(), [before], number);
  }
  const { board } = run(['sweep'], { alias: [['5', '5.partial']] });
  t.deepEqual(Object.keys(board.tree().generations as Tree), ['2', '3', '4']);
});

test('a state that another helper is changing is left alone', (t) => {
  for (const words of [['confirm'], ['try', '2'], ['reset'], ['sweep'], ['snapshot']]) {
    const { board, code } = run(words, { locked: true });
    t.is(code, verbExit.busy, words.join(' '));
    t.deepEqual(board.tree(), storage);
    t.regex(board.complaints[0] ?? '', /another overlay_helper is changing the state$|is running; try again/);
  }
});
