/** Rendering: options in full, functions only where they are used, the same bytes for the same board. */
import test from 'ava';
import { decodeBoard } from '../../src/board/decode.ts';
import { planBoard } from '../../src/plan/plan.ts';
import { boardText, renderBoard } from '../support/plans.ts';

const stated: Readonly<Record<string, readonly string[]>> = {
  '3.18': [],
  '4.10': ['redirect_dir=off'],
  '4.14': ['redirect_dir=off', 'index=off'],
  '4.19': ['redirect_dir=nofollow', 'index=off', 'nfs_export=off', 'xino=off', 'metacopy=off'],
  '6.6': ['redirect_dir=nofollow', 'index=off', 'nfs_export=off', 'xino=off', 'metacopy=off', 'uuid=null'],
};

for (const [version, expected] of Object.entries(stated)) {
  test(`Linux ${version}: every overlayfs option that it knows is stated, and no other`, async (t) => {
    const { plan } = await renderBoard(boardText({ kernel: { version } }));
    const union = plan.ladder[0]?.steps.find((step) => step.kind === 'mount' && step.fstype === 'overlay');
    t.deepEqual(union?.kind === 'mount' ? union.options : [], [
      'rw',
      'lowerdir=/',
      'upperdir=/overlay/generations/{generation}/upper',
      'workdir=/overlay/generations/{generation}/work',
      ...expected,
    ]);
  });
}

test('a board without the helper carries none of its functions, one with it all', async (t) => {
  const without = await renderBoard(boardText({ helper: { enabled: false } }));
  const whole = await renderBoard(boardText());
  t.notRegex(without.script, /overlay_helper (verify|enter)|meet_helper|still_up/);
  for (const name of ['verify_with_helper', 'enter_by_helper', 'meet_helper', 'still_up', 'verify_union']) {
    t.is(whole.script.split(`\n${name}() {`).length, 2, `${name} is defined once`);
  }
});

test('a tmpfs board carries nothing that looks for storage or resets it', async (t) => {
  const { script, applets } = await renderBoard(
    boardText({ storage: { type: 'tmpfs', size: '16MiB' }, ladder: ['tmpfs', 'read-only', 'rescue'] }),
  );
  t.notRegex(script, /find_mtd|see_mtd|choose_generation|read_state|mount_storage/);
  t.deepEqual(applets, ['mkdir', 'mount', 'pivot_root', 'rm', 'sleep', 'umount']);
});

test('every function that a script calls is in it', async (t) => {
  for (const how of ['pivot', 'chroot']) {
    const { script } = await renderBoard(boardText({ enter: { how } }));
    const defined = new Set([...script.matchAll(/^([a-z_]+)\(\) \{$/gm)].map(([, name]) => name));
    const called = [...script.matchAll(/^\s+(?:if |\[ .* \] (?:\|\||&&) )?([a-z]+_[a-z_]+)(?= |$)/gm)].map(
      ([, name]) => name,
    );
    for (const name of called) {
      if (name === 'pivot_root') continue;
      t.true(defined.has(name ?? ''), `${name} (${how})`);
    }
    t.true(called.length > 30);
  }
});

test('the same board gives the same bytes, whatever its name is spelt like', async (t) => {
  const [one, two] = await Promise.all([renderBoard(boardText()), renderBoard(boardText())]);
  t.is(one.script, two.script);
  t.is(one.planJson, two.planJson);
});

test('mini_fo gets its two options and nothing else, and no work directory', async (t) => {
  const { plan } = await renderBoard(
    boardText({
      kernel: { version: '2.6.30', filesystems: ['proc', 'sysfs', 'squashfs', 'jffs2', 'mini_fo', 'tmpfs'] },
    }),
  );
  const steps = plan.ladder[0]?.steps ?? [];
  t.deepEqual(
    steps.flatMap((step) => (step.kind === 'mount' && step.fstype === 'mini_fo' ? [step.options] : [])),
    [['base=/', 'sto=/overlay/generations/{generation}/upper']],
  );
  t.false(steps.some((step) => step.kind === 'make-dirs'));
});

const refused: readonly (readonly [title: string, board: Readonly<Record<string, unknown>>, code: string])[] =
  [
    ['aufs', { union: { system: 'aufs' } }, 'OVL212'],
    ['ubifs', { storage: { type: 'ubifs', find: { mtd: 'ubi' } } }, 'OVL212'],
    ['persistent on tmpfs', { storage: { type: 'tmpfs' }, ladder: ['persistent'] }, 'OVL221'],
    [
      'no union for 2.6.20 without mini_fo',
      { kernel: { version: '2.6.20', filesystems: ['jffs2', 'squashfs'] } },
      'OVL211',
    ],
    [
      'two layers on 3.18',
      { kernel: { version: '3.18' }, layers: [{ name: 'vendor', type: 'squashfs', device: '/dev/sda2' }] },
      'OVL204',
    ],
    ['an option that is no option', { union: { options: { lowerdir: '/x' } } }, 'OVL201'],
    ['a value that is no value', { union: { options: { index: 'maybe' } } }, 'OVL202'],
    ['metacopy on 4.14', { kernel: { version: '4.14' }, union: { options: { metacopy: 'on' } } }, 'OVL203'],
  ];

for (const [title, board, code] of refused) {
  test(`refused with ${code}: ${title}`, (t) => {
    const decoded = decodeBoard('test.yaml', boardText(board));
    if (!decoded.ok) throw new Error(JSON.stringify(decoded.diagnostics));
    const planned = planBoard(decoded.value);
    t.false(planned.ok);
    const errors = planned.diagnostics.filter(({ severity }) => severity === 'error');
    t.deepEqual([...new Set(errors.map((one) => one.code))], [code]);
    for (const one of errors)
      t.truthy(one.place !== undefined && one.because !== undefined && one.fix !== undefined);
  });
}

test('a union that is unusual on its kernel is a warning, and planned', (t) => {
  const decoded = decodeBoard(
    'test.yaml',
    boardText({ kernel: { version: '4.4' }, union: { system: 'mini_fo' } }),
  );
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.diagnostics));
  const planned = planBoard(decoded.value);
  t.true(planned.ok);
  t.deepEqual(
    planned.diagnostics.map((one) => [one.code, one.severity]),
    [['OVL213', 'warning']],
  );
});
