/**
 * A change of the base with the power cut at each call of `rebase`, `record` and `base keep`, and with each call failing: what
 * somebody has written is there, the next boot brings the upper over, and the report names what the first one would have named.
 */
import test from 'ava';
import { runBoard } from '../../src/helper/board-verbs.ts';
import type { LayerEntry } from '../../src/layers/index.ts';
import {
  firstBase,
  line,
  overlay,
  planOf,
  type System,
  secondBase,
  status,
  systems,
  v1,
  v2,
  waiting,
  whiteout,
} from '../support/base-scene.ts';
import type { CutMode, ModelStorageOptions } from '../support/model-options.ts';
import { ModelStorage, PowerCut } from '../support/model-storage.ts';
import type { Survivors, Tree } from '../support/model-tree.ts';
import { checkOverlay } from '../support/overlay-checker.ts';

function run(system: System, words: readonly string[], options: Partial<ModelStorageOptions> = {}) {
  const image = line(options.files === undefined ? v2 : v1);
  const base = options.files === undefined ? secondBase : firstBase;
  const board = new ModelStorage({
    storage: storageOf(system),
    status,
    plan: planOf(system),
    ...options,
    directories: { '/': base, '/rom': base },
    files: { '/etc/overlaykit/base': image, '/rom/etc/overlaykit/base': image },
  });
  try {
    return { board, code: runBoard(board, words) };
  } catch (error) {
    if (error instanceof PowerCut) return { board, code: undefined };
    throw error;
  }
}

function storageOf(system: System): Tree {
  const { upper } = systems[system];
  return {
    overlaykit: {},
    generations: { '1': { upper, work: { work: { '#1': whiteout }, index: { x: '' } }, base: line(v1) } },
  };
}

/** The storage once the first base was noted. */
function recorded(system: System): Tree {
  const { board, code } = run(system, ['record'], { files: {} });
  if (code !== 0) throw new Error(board.complaints.join('\n'));
  return board.tree();
}

const generation = (tree: Tree): Tree => (tree.generations as Tree)['1'] as Tree;

/** "kind path" of each fact, as the file has it. */
function report(tree: Tree): readonly string[] {
  const text = generation(tree)['base-report'];
  if (typeof text !== 'string') return ['no report'];
  const lines = text.split('\n').slice(1, -2);
  return lines.map((one) => one.split(' ').slice(0, 2).join(' ')).sort();
}

/** Every file of the upper that has something somebody has written. */
function mine(entry: unknown, path = ''): readonly string[] {
  if (entry === 'mine' || (entry as { content?: string }).content === 'mine') return [path];
  const { mode, entries } = entry as { mode?: number; entries?: Tree };
  const children =
    typeof mode === 'number' ? (entries ?? {}) : typeof entry === 'string' ? {} : (entry as Tree);
  return Object.entries(children)
    .flatMap(([name, child]) => mine(child, `${path}/${name}`))
    .sort();
}

/** A tree of the model as a listing, for the checker. */
function listing(entry: unknown, path = ''): readonly LayerEntry[] {
  const {
    mode = typeof entry === 'string' ? 0o100644 : 0o040755,
    entries,
    attributes = {},
  } = entry as {
    mode?: number;
    entries?: Tree;
    attributes?: Record<string, string>;
  };
  const directory = (mode & 0o170000) === 0o040000;
  const own: LayerEntry = {
    path,
    type: directory ? 'directory' : (mode & 0o170000) === 0o020000 ? 'char-device' : 'file',
    mode: mode & 0o7777,
    uid: 0,
    gid: 0,
    attributes: new Map(Object.entries(attributes)),
    ...((mode & 0o170000) === 0o020000 ? { device: { major: 0, minor: 0 } } : {}),
  };
  const children = directory ? Object.entries(entries ?? (entry as Tree)) : [];
  return [
    own,
    ...children.flatMap(([name, child]) => listing(child, path === '' ? name : `${path}/${name}`)),
  ];
}

test('overlay: what is brought over is clean for the checker, what was there before is not', (t) => {
  const check = (upper: unknown): readonly string[] =>
    checkOverlay({ upper: listing(upper), lower: listing(secondBase), redirects: false, metacopy: false });
  const { board } = run('overlay', ['rebase', '1'], { storage: recorded('overlay') });
  t.deepEqual(check(generation(board.tree()).upper), []);
  const before = check(overlay);
  for (const path of ['/etc/gone/a', '/meta', '/found'])
    t.true(
      before.some((line) => line.startsWith(`${path}:`)),
      path,
    );
});

const modes: readonly CutMode[] = ['before', 'middle', 'after'];
const survivors: readonly Survivors[] = ['issued', 'synced', 'names'];

for (const system of ['overlay', 'mini_fo'] as const) {
  const { upper, cleaned, done } = systems[system];
  const before = recorded(system);
  const complete = run(system, ['rebase', '1'], { storage: before });

  test(`${system}: rebase without a cut`, (t) => {
    t.is(complete.code, 0, complete.board.complaints.join('\n'));
    const after = generation(complete.board.tree());
    t.deepEqual(after.upper, cleaned);
    t.deepEqual(after.work, {});
    t.is(after.base, line(v2));
    t.deepEqual(report(complete.board.tree()), [...waiting, ...done].sort());
    t.deepEqual(complete.board.tree('synced'), complete.board.tree());
    t.regex(
      complete.board.logged.join('\n'),
      /^overlaykit: the base has changed under generation 1: 4 paths hide/,
    );
  });

  test(`${system}: the power is cut at each call of rebase; the next boot finishes it`, (t) => {
    let cuts = 0;
    for (let call = 1; call <= complete.board.calls.length; call++) {
      for (const mode of modes) {
        const { board } = run(system, ['rebase', '1'], { storage: before, cut: { call, mode } });
        for (const which of survivors) {
          const where = `cut ${mode} call ${call} (${board.calls[call - 1]}), ${which}`;
          const left = board.tree(which);
          t.deepEqual(mine(generation(left).upper), mine(upper), where);
          const next = run(system, ['rebase', '1'], { storage: left });
          t.is(next.code, 0, `${where}: ${next.board.complaints.join('\n')}`);
          const after = generation(next.board.tree());
          t.deepEqual(after.upper, cleaned, where);
          t.is(after.base, line(v2), where);
          t.deepEqual(after.work, {}, where);
          t.deepEqual(report(next.board.tree()), [...waiting, ...done].sort(), where);
          cuts += 1;
        }
      }
    }
    t.log(`${cuts} cuts`);
    t.true(cuts > 500);
  });

  test(`${system}: a generation that claims to fit is clean, whenever the power went`, (t) => {
    for (let call = 1; call <= complete.board.calls.length; call++) {
      for (const mode of modes) {
        const { board } = run(system, ['rebase', '1'], { storage: before, cut: { call, mode } });
        for (const which of survivors) {
          const after = generation(board.tree(which));
          if (after.base === line(v2))
            t.deepEqual(after.upper, cleaned, `cut ${mode} call ${call}, ${which}`);
        }
      }
    }
    t.pass();
  });

  for (const code of ['EIO', 'ENOSPC', 'EROFS']) {
    test(`${system}: ${code} at each call of rebase`, (t) => {
      for (let call = 1; call <= complete.board.calls.length; call++) {
        const { board, code: exit } = run(system, ['rebase', '1'], {
          storage: before,
          failing: { call, code },
        });
        const where = `call ${call} (${board.calls[call - 1]}): ${board.complaints.join(' | ')}`;
        const after = generation(board.tree());
        t.deepEqual(mine(after.upper), mine(upper), where);
        if (exit === 0) t.deepEqual([after.upper, after.base], [cleaned, line(v2)], where);
        else t.true(board.complaints.length > 0, where);
      }
    });
  }

  test(`${system}: the power is cut at each call of record: the marks are the old ones or the new ones`, (t) => {
    const whole = run(system, ['record'], { files: {} });
    const marks = generation(whole.board.tree()).record;
    t.regex(String(marks), /\/etc\/edited\n/);
    for (let call = 1; call <= whole.board.calls.length; call++) {
      for (const mode of modes) {
        const { board } = run(system, ['record'], { files: {}, cut: { call, mode } });
        for (const which of survivors) {
          const after = generation(board.tree(which));
          t.deepEqual(after.upper, upper);
          t.true([undefined, marks].includes(after.record as string | undefined), `${mode} ${call} ${which}`);
        }
      }
    }
  });

  test(`${system}: the power is cut while somebody decides: the path waits, or it does not`, (t) => {
    const over = complete.board.tree();
    const kept = run(system, ['base', 'keep', '/etc'], { storage: over });
    t.is(kept.code, 0);
    t.deepEqual(report(kept.board.tree()), ['opaque /dir', ...done].sort());
    for (let call = 1; call <= kept.board.calls.length; call++) {
      for (const mode of modes) {
        const { board } = run(system, ['base', 'keep', '/etc'], { storage: over, cut: { call, mode } });
        for (const which of survivors) {
          const where = `${mode} ${call} ${which}`;
          const left = board.tree(which);
          t.true([4, 1].includes(report(left).length - done.length), where);
          t.deepEqual(generation(left).upper, cleaned, where);
          // The next record brings report and marks together.
          const next = run(system, ['record'], { storage: left });
          t.is(next.code, 0, where);
          t.true([4, 1].includes(report(next.board.tree()).length - done.length), where);
        }
      }
    }
  });
}

test('noise where the notes should be: everything is unknown, and nothing is lost', (t) => {
  for (const noise of [
    '',
    '\0'.repeat(5000),
    'overlaykit-base-record 1\nnothing',
    'end=3.0\n',
    { x: 'a directory' },
  ]) {
    const tree = storageOf('overlay');
    const part = { ...generation(tree), record: noise, 'base-report': noise };
    const { board, code } = run('overlay', ['rebase', '1'], {
      storage: { ...tree, generations: { '1': part } },
    });
    const fine = typeof noise === 'string';
    t.is(code, 0, board.complaints.join('\n'));
    t.deepEqual(mine(generation(board.tree()).upper), mine(overlay));
    if (fine) t.true(report(board.tree()).includes('unknown /etc/edited'));
    else t.regex(board.complaints.join('\n'), /cannot write base-report beside the upper/);
  }
});
