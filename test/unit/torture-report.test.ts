/** What ovl lab --torture takes and prints. */
import test from 'ava';
import type { Context, Input } from '../../src/cli/command.ts';
import { table, tortureBoard, wantsTorture } from '../../src/cli/lab/torture.ts';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { scenarioReport, type TortureFailure } from '../../src/lab/torture/report.ts';

function typed(options: Readonly<Record<string, string | true>>): Input {
  return {
    words: ['no-such-board.yaml'],
    allBehindDashes: false,
    flag: (name) => options[name] === true,
    value: (name) => (typeof options[name] === 'string' ? (options[name] as string) : undefined),
  };
}

const context = { signal: new AbortController().signal, say: () => undefined } as unknown as Context;

const codeOf = async (act: () => unknown): Promise<string | undefined> => {
  try {
    await act();
    return undefined;
  } catch (error) {
    return error instanceof Failure ? error.diagnostics[0]?.code : String(error);
  }
};

test('--torture is asked for by its name; its options alone are a mistake', async (t) => {
  t.true(wantsTorture(typed({ torture: true, cuts: '5' })));
  t.false(wantsTorture(typed({ run: 'true' })));
  t.is(await codeOf(() => wantsTorture(typed({ cuts: '5' }))), 'OVL005');
  t.is(await codeOf(() => wantsTorture(typed({ seed: '5' }))), 'OVL005');
});

test('what makes no sense with --torture is said before anything is built', async (t) => {
  const refused = (options: Readonly<Record<string, string | true>>): Promise<string | undefined> =>
    codeOf(() => tortureBoard(typed({ torture: true, ...options }), context));
  t.is(await refused({ run: 'true' }), 'OVL005');
  t.is(await refused({ shell: true }), 'OVL005');
  t.is(await refused({ machine: 'sandbox' }), 'OVL005');
  t.is(await refused({ cuts: '0' }), 'OVL004');
  t.is(await refused({ cuts: 'many' }), 'OVL004');
  t.is(await refused({ seed: '-1' }), 'OVL004');
  t.is(await refused({ cuts: '5', seed: '7' }), 'OVL420');
});

const failure: TortureFailure = {
  ...{ scenario: 'reset', seed: 7, cut: 12, fault: 'mixed', by: 'look' },
  reasons: ['mixed: neither all old nor as from the factory: d0/f0 is absent'],
  doing: 'in the boot that resets',
  moment: 'frozen 871 ms into its stretches',
  evidence: '/somewhere/seed-7-reset-12-look',
};

test('a fault is counted once for each cut, and each failure is told with what it takes to look into it', (t) => {
  const found = [
    failure,
    { ...failure, by: 'boot' as const },
    { ...failure, cut: 13, fault: 'lost' as const },
  ];
  const report = scenarioReport(
    'reset',
    'jffs2',
    { cuts: 30, boots: 6, operations: { sweep: 7, idle: 1, reset: 22 } },
    found,
  );
  t.like(report, { unbootable: 0, mixed: 1, lost: 1 });
  const clean = scenarioReport(
    'writes',
    'jffs2',
    { cuts: 1000, boots: 200, operations: { replace: 500, append: 500 } },
    [],
  );
  t.is(
    table([clean, { ...report, failures: [failure] }], 7),
    `scenario  model                     cuts  full boots  unbootable  mixed  lost
writes    JFFS2, frozen and copied  1000         200           0      0     0
reset     JFFS2, frozen and copied    30           6           0      1     1

writes    cut during append 500, replace 500
reset     cut during reset 22, sweep 7, idle 1

seed 7

reset cut 12, seed 7: in the boot that resets; frozen 871 ms into its stretches; found by a look
  mixed: neither all old nor as from the factory: d0/f0 is absent
  evidence: /somewhere/seed-7-reset-12-look
`,
  );
});
