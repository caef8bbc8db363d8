/** What a deployment that fails leaves behind, step by step, on a board that is a list of answers. */
import test from 'ava';
import { apply, type DeployOutcome } from '../../src/deploy/apply.ts';
import type { Deployment, DeployStep } from '../../src/deploy/deployment.ts';
import type { Command, Device, Outcome } from '../../src/device/device.ts';
import { type Diagnostic, Failure } from '../../src/diagnostics/diagnostic.ts';

const steps: readonly DeployStep[] = [
  { kind: 'open-root' },
  { kind: 'switch', release: 'new', from: 'old', final: true },
  { kind: 'close-root' },
  { kind: 'reboot', waitMs: 1000 },
  { kind: 'confirm', planDigest: 'd1', rung: 'tmpfs', release: 'new' },
  { kind: 'forget', keep: ['new', 'old'] },
];

const deployment: Deployment = {
  schema: 'overlaykit.deployment/1',
  board: 'pole',
  way: 'writable-root',
  root: '/rom',
  rootReadOnly: true,
  release: 'new',
  current: 'old',
  planDigest: 'd1',
  steps,
  present: 'absent',
};

interface Answers {
  /** The nth call of this verb is answered with an error, or not at all. */
  readonly refuse?: readonly [verb: string, nth: number];
  readonly lose?: readonly [verb: string, nth: number];
  /** What runs after each boot. */
  readonly boots?: readonly string[];
}

/** Plays a board: verbs of deploy.sh are noted, and all of them succeed but those that are named. */
function boardOf({ refuse, lose, boots = ['new'] }: Answers): Device & { readonly verbs: string[] } {
  const verbs: string[] = [];
  let booted = 0;
  const lost = (): Failure =>
    new Failure({ code: 'OVL533', severity: 'error', message: 'the connection to the board went' });
  const status = (): string =>
    booted === 0
      ? '{"plan":"d0","rung":"tmpfs","release":"old"}'
      : `{"plan":"d1","rung":"tmpfs","release":"${boots[booted - 1] ?? 'old'}"}`;
  return {
    verbs,
    name: 'pole',
    lost: new Promise(() => {}),
    expectReboot: () => {},
    reconnect: async () => {
      if (lose?.[0] === 'reconnect') throw lost();
      booted += 1;
    },
    close: async () => {},
    run: async (command: Command): Promise<Outcome> => {
      const verb =
        command.kind === 'script' ? (/deploy_(\w+) "\$@"\n$/.exec(command.text)?.[1] ?? '') : 'program';
      verbs.push(verb);
      const count = verbs.filter((one) => one === verb).length;
      if (lose?.[0] === verb && lose[1] === count) throw lost();
      const fails = refuse?.[0] === verb && refuse[1] === count;
      const look = `link /etc/overlaykit/releases/new/overlay_init\nstatus ${status()}\nboot ${booted}\nef\ntree\nend\n`;
      return {
        ending: { kind: 'exited', code: fails || verb === 'program' ? 1 : 0 },
        stdout: Buffer.from(verb === 'look' ? look : ''),
        stderr: Buffer.from(fails ? 'Read-only file system\n' : ''),
      };
    },
  };
}

async function outcomeOf(answers: Answers): Promise<DeployOutcome | Diagnostic | undefined> {
  try {
    for await (const event of apply(deployment, boardOf(answers), { files: [] }))
      if (event.kind === 'finished') return event.outcome;
  } catch (error) {
    if (error instanceof Failure) return error.diagnostics[0];
    throw error;
  }
  return undefined;
}

const cases: readonly (readonly [
  title: string,
  answers: Answers,
  expected: Partial<Diagnostic> | DeployOutcome,
])[] = [
  ['nothing fails', {}, 'confirmed'],
  ['the root cannot be opened', { refuse: ['open', 1] }, { code: 'OVL700', boardState: 'unchanged' }],
  [
    'the connection goes before the switch',
    { lose: ['open', 1] },
    { code: 'OVL700', boardState: 'unchanged' },
  ],
  ['the connection goes at the switch', { lose: ['switch', 1] }, { code: 'OVL703', boardState: 'unknown' }],
  ['the board does not come back', { lose: ['reconnect', 1] }, { code: 'OVL701', boardState: 'unknown' }],
  ['the board has gone back by itself', { boots: ['old'] }, { code: 'OVL702', boardState: 'rolled back' }],
  ['it cannot be confirmed', { refuse: ['confirm', 1] }, { code: 'OVL701', boardState: 'unknown' }],
  ['tidying up fails', { refuse: ['forget', 1] }, { code: 'OVL705', boardState: 'unknown' }],
];

for (const [title, answers, expected] of cases) {
  test(title, async (t) => {
    const outcome = await outcomeOf(answers);
    if (typeof expected === 'string') t.is(outcome, expected);
    else {
      t.like(outcome, expected);
      t.truthy(typeof outcome === 'object' && outcome.fix);
    }
  });
}

test('what the board says about a step that failed is in the reason (OVL704), and the root is closed again', async (t) => {
  const board = boardOf({ refuse: ['switch', 1] });
  const error = await t.throwsAsync(
    async () => {
      for await (const event of apply(deployment, board, { files: [] })) t.truthy(event.kind);
    },
    { instanceOf: Failure },
  );
  t.regex(error?.diagnostics[0]?.because ?? '', /the link cannot be switched: Read-only file system/);
  t.deepEqual(board.verbs, ['open', 'switch', 'close']);
});
