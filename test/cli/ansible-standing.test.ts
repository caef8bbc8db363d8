/** What the Ansible collection makes of a status: whether a board stands as a task wants it. */
import { join } from 'node:path';
import { execa } from 'execa';
import { collection } from '../support/ansible/playbook.ts';
import { testWith } from '../support/needs.ts';

const python = testWith('ansible-playbook');

interface Standing {
  readonly is_confirmed: boolean;
  readonly goes_back_already: boolean;
  readonly nothing_to_go_back_to: boolean;
  readonly generation: number | null;
  readonly next_generation: number | null;
}

async function standings(documents: readonly object[]): Promise<readonly Standing[]> {
  const text = `import json, sys
sys.path.insert(0, sys.argv[1])
import standing as s
def of(d):
    facts = s.facts_of("pole", d)
    named = {f.__name__: f(d) for f in (s.is_confirmed, s.goes_back_already, s.nothing_to_go_back_to)}
    return {**named, "generation": facts["generation"], "next_generation": facts["next_generation"]}
print(json.dumps([of(d) for d in json.load(sys.stdin)]))`;
  const { stdout } = await execa(
    '/usr/bin/python3',
    ['-B', '-c', text, join(collection, 'plugins', 'module_utils')],
    {
      input: JSON.stringify(documents),
    },
  );
  return JSON.parse(stdout);
}

/** As `ovl status --json` says it. */
function board(rung: string, booted: number | null, state: object | null): object {
  const words = { board: 'pole', plan: 'p', reasons: [], pending: { reset: false, paths: 0 }, storage: null };
  return { helper: true, troubles: [], generations: [], status: { ...words, rung, booted, state } };
}

const state = { seq: 3, active: 2, previous: 1, trying: null, attempts: 0, next: 3, reset: null };

python('confirmed, on the way back, or neither: for every way in which a board can stand', async (t) => {
  const cases: readonly (readonly [string, object, Partial<Standing>])[] = [
    ['as it should', board('persistent', 2, state), { is_confirmed: true, goes_back_already: false }],
    ['not confirmed', board('persistent', 2, { ...state, attempts: 1 }), { is_confirmed: false }],
    [
      'in the one that is tried',
      board('persistent', 3, { ...state, trying: 3, attempts: 1 }),
      { is_confirmed: false, goes_back_already: false, next_generation: 3 },
    ],
    [
      'asked to try another one: going back would end that',
      board('persistent', 2, { ...state, trying: 3 }),
      { goes_back_already: false, next_generation: 3 },
    ],
    [
      'asked to go back, and not restarted',
      board('persistent', 2, { ...state, active: 1, previous: 2 }),
      { goes_back_already: true, is_confirmed: false, next_generation: 1 },
    ],
    ['on the rung previous', board('previous', 1, state), { goes_back_already: false }],
    [
      'on the rung previous, which was made the active one',
      board('previous', 1, { ...state, active: 1, previous: 2 }),
      { goes_back_already: true },
    ],
    [
      'with one generation only',
      board('persistent', 1, { ...state, active: 1, previous: null }),
      { nothing_to_go_back_to: true, goes_back_already: false },
    ],
    [
      'in memory',
      board('tmpfs', null, null),
      { is_confirmed: false, goes_back_already: false, generation: null, next_generation: null },
    ],
    [
      'without the helper',
      {
        helper: false,
        troubles: [],
        status: {
          board: 'pole',
          plan: 'p',
          rung: 'persistent',
          generation: '1',
          reasons: [],
          storage: '/dev/x',
        },
      },
      { generation: 1, is_confirmed: false, goes_back_already: false },
    ],
  ];
  const found = await standings(cases.map(([, document]) => document));
  for (const [at, [name, , wanted]] of cases.entries()) t.like(found[at], wanted, name);
});
