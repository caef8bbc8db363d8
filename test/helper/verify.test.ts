import test from 'ava';
import fc from 'fast-check';
import { run } from '../../src/helper/boot-verbs.ts';
import { helperPlan } from '../support/helper-plan.ts';
import {
  ModelBoard,
  type ModelOptions,
  staticProgram,
  symlinkMode,
  usualMounts,
} from '../support/model-board.ts';

const words = ['verify', '/etc/overlaykit/plan.json', 'persistent'];
const fit = 101;
const unfit = 102;

interface Verdict {
  readonly code: number;
  readonly said: string;
  readonly board: ModelBoard;
}

function verify(options: Omit<ModelOptions, 'plan'> & { readonly plan?: unknown } = {}): Verdict {
  const board = new ModelBoard({ plan: helperPlan(), ...options });
  const code = run(board, words);
  return { code, said: board.complaints.join('\n'), board };
}

test('a merged root that is as it should be is fit, and stays as it was', (t) => {
  const { code, said, board } = verify();
  t.is(code, fit);
  t.is(said, '');
  t.is(board.state(), new ModelBoard({ plan: helperPlan() }).state());
});

test('whichever call fails, the answer is never "fit", and nothing is left in the union', (t) => {
  const calls = verify().board.calls;
  const before = new ModelBoard({ plan: helperPlan() }).state();
  t.true(calls.length > 10);
  for (let n = 1; n <= calls.length; n++) {
    const { code, said, board } = verify({ failing: [n] });
    // Plan and mount table are the helper's own trouble; all the rest is the merged root's.
    t.is(code, n <= 2 ? 1 : unfit, `call ${n}: ${calls[n - 1]}`);
    t.regex(said, /^overlay_helper: verify: [^\n]*: \S+ EIO \(the storage or the root device reports/);
    const cannotRemove = calls[n - 1]?.startsWith('unlink') === true && n > 3;
    if (!cannotRemove) t.is(board.state(), before, `call ${n}: ${calls[n - 1]}`);
  }
});

test('another file system, or none, where the union should be', (t) => {
  const other = verify({
    mounts: usualMounts.map(([path, type]) => [path, path === '/mnt' ? 'tmpfs' : type]),
  });
  t.is(other.code, unfit);
  t.is(other.said, 'overlay_helper: verify: /mnt is tmpfs; it should be overlay');
  const none = verify({ mounts: usualMounts.filter(([path]) => path !== '/mnt') });
  t.is(none.said, 'overlay_helper: verify: nothing is mounted at /mnt; it should be overlay');
  const buried = verify({ mounts: [...usualMounts, ['/mnt', 'tmpfs']] });
  t.is(buried.said, 'overlay_helper: verify: /mnt is tmpfs; it should be overlay');
});

test('a union that the kernel made read-only', (t) => {
  const { code, said } = verify({ unionReadOnly: true });
  t.is(code, unfit);
  t.regex(
    said,
    /cannot write \/mnt\/\.overlaykit-verify: open EROFS \(the union is read-only: the kernel mounts it so/,
  );
});

test('a full storage is fit, since what was written before is on it, and is told', (t) => {
  const writing = verify().board.calls.indexOf('open /mnt/.overlaykit-verify') + 1;
  for (const code of ['ENOSPC', 'EDQUOT']) {
    const full = verify({ failing: [writing], code });
    t.is(full.code, fit);
    t.regex(full.board.logged.join('\n'), /the storage is full; nothing more can be written/);
  }
});

test('the sample that a power cut left does not stand in the way', (t) => {
  t.is(verify({ files: { '/mnt/.overlaykit-verify': { mode: 0o100600, content: 'x' } } }).code, fit);
});

test('a file or a link where a mount has to go', (t) => {
  for (const path of ['/rom', '/run', '/overlay']) {
    const { code, said } = verify({ files: { [`/mnt${path}`]: { mode: symlinkMode, content: '/tmp' } } });
    t.is(code, unfit);
    t.is(said, `overlay_helper: verify: ${path} is not a directory in the merged root`);
  }
});

/** Each case: what is at /sbin/init (and elsewhere) in the merged root, and what the helper says; undefined for "fit". */
const inits: readonly (readonly [string, NonNullable<ModelOptions['files']>, RegExp | undefined])[] = [
  ['a static program', { '/mnt/sbin/init': { content: staticProgram } }, undefined],
  ['a flat program', { '/mnt/sbin/init': { content: 'bFLT1234' } }, undefined],
  [
    'a link inside',
    {
      '/mnt/sbin/init': { mode: symlinkMode, content: '../bin/busybox' },
      '/mnt/bin/busybox': { content: staticProgram },
    },
    undefined,
  ],
  [
    'an absolute link, which starts at the merged root',
    {
      '/mnt/sbin/init': { mode: symlinkMode, content: '/bin/busybox' },
      '/mnt/bin/busybox': { content: staticProgram },
    },
    undefined,
  ],
  [
    'a link that would leave the merged root stops at it',
    {
      '/mnt/sbin/init': { mode: symlinkMode, content: '../../../../bin/busybox' },
      '/mnt/bin/busybox': { content: staticProgram },
    },
    undefined,
  ],
  [
    'a link to what only the old root has',
    { '/mnt/sbin/init': { mode: symlinkMode, content: '/sbin/overlay_init' } },
    /\/sbin\/init does not exist in the merged root: nothing at \/mnt\/sbin\/overlay_init$/,
  ],
  [
    'a link to itself',
    { '/mnt/sbin/init': { mode: symlinkMode, content: 'init' } },
    /\/sbin\/init: more than 40 symbolic links$/,
  ],
  ['a device', { '/mnt/sbin/init': { mode: 0o020644 } }, /\/sbin\/init is not a regular file/],
  [
    'an empty file',
    { '/mnt/sbin/init': { content: '' } },
    /\/sbin\/init is empty in the merged root, as files are/,
  ],
  [
    'no permission',
    { '/mnt/sbin/init': { mode: 0o100644, content: staticProgram } },
    /cannot be executed in the merged root: access EACCES \(no x permission, or .* noexec\)/,
  ],
  ['text', { '/mnt/sbin/init': { content: 'hello\n' } }, /neither an ELF program nor a script/],
  ['a script without interpreter', { '/mnt/sbin/init': { content: '#! \n' } }, /names no interpreter/],
  [
    'a script with an argument',
    { '/mnt/sbin/init': { content: '#! /bin/sh -e\n' }, '/mnt/bin/sh': { content: staticProgram } },
    undefined,
  ],
  [
    'a script whose interpreter is missing',
    { '/mnt/sbin/init': { content: '#!/bin/bash\n' } },
    /\/bin\/bash does not exist in the merged root: nothing at \/mnt\/bin\/bash/,
  ],
  [
    'a script that interprets itself',
    { '/mnt/sbin/init': { content: '#!/sbin/init\n' } },
    /\/sbin\/init: its interpreters call one another in a circle/,
  ],
];

for (const [title, files, expected] of inits) {
  test(`init is ${title}`, (t) => {
    const { code, said } = verify({ files });
    t.is(code, expected === undefined ? fit : unfit);
    if (expected === undefined) t.is(said, '');
    else t.regex(said, expected);
  });
}

test('whatever bytes init has, there is an answer and it ends', (t) => {
  const bytes = fc.uint8Array({ maxLength: 200 }).map((array) => String.fromCharCode(...array));
  const magic = fc.constantFrom('', '#!', '\x7fELF', '\x7fELF\x02\x01', '\x7fELF\x01\x02');
  fc.assert(
    fc.property(magic, bytes, (start, rest) => {
      const { code, said } = verify({ files: { '/mnt/sbin/init': { content: start + rest } } });
      return code === fit ? said === '' : code === unfit && said.startsWith('overlay_helper: verify: ');
    }),
    { numRuns: 500 },
  );
  t.pass();
});

test('words that make no sense give the usage and exit code 2', (t) => {
  for (const wrong of [[], ['verify'], ['verify', 'a'], ['verify', 'a', 'b', 'c'], ['enter', 'a'], ['x']]) {
    const board = new ModelBoard({ plan: helperPlan() });
    t.is(run(board, wrong), 2);
    t.regex(
      board.complaints[0] ?? '',
      /^usage: overlay_helper boot BOARD DIGEST RUNG OUTCOME STEP\.\.\. \| verify PLAN RUNG/,
    );
  }
});
