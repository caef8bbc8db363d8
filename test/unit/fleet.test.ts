import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import { readIniInventory } from '../../src/cli/fleet/inventory-ini.ts';
import { readYamlInventory } from '../../src/cli/fleet/inventory-yaml.ts';
import { worst } from '../../src/cli/fleet/on-boards.ts';
import { expandRanges } from '../../src/cli/fleet/ranges.ts';
import { runBounded } from '../../src/cli/fleet/schedule.ts';
import { fleetTable } from '../../src/cli/fleet/table.ts';

const never = new AbortController().signal;

test('never more run at once than the bound says, all run, and results are in order', async (t) => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(4), { maxLength: 12 }),
      fc.integer({ min: 1, max: 5 }),
      async (turns, jobs) => {
        let [running, most] = [0, 0];
        const started: number[] = [];
        const settled = await runBounded(
          turns.map((turn, index) => ({ turn, index })),
          { jobs, maxFailures: Number.POSITIVE_INFINITY, signal: never },
          async ({ turn, index }) => {
            started.push(index);
            most = Math.max(most, ++running);
            for (let left = turn; left >= 0; left--) await new Promise(setImmediate);
            running--;
            return index;
          },
          () => true,
        );
        t.true(most <= jobs);
        t.is(most, Math.min(jobs, turns.length));
        t.deepEqual(started, [...turns.keys()]);
        t.deepEqual(
          settled.map((one) => (one.kind === 'done' ? one.result : -1)),
          [...turns.keys()],
        );
      },
    ),
    { numRuns: 60 },
  );
});

test('after too many failures nothing new is started, and what runs is waited for', async (t) => {
  const finished: number[] = [];
  const settled = await runBounded(
    [0, 1, 2, 3, 4, 5],
    { jobs: 2, maxFailures: 2, signal: never },
    async (item) => {
      await sleep(item === 2 ? 30 : 5);
      finished.push(item);
      return item !== 2;
    },
    (failed) => failed,
  );
  t.deepEqual(finished.toSorted(), [0, 1, 2]);
  t.deepEqual(
    settled.map(({ kind }) => kind),
    ['done', 'done', 'done', 'left', 'left', 'left'],
  );
});

test('an abort starts nothing new; a bug ends all of it and is thrown', async (t) => {
  const controller = new AbortController();
  const settled = await runBounded(
    [0, 1, 2],
    { jobs: 1, maxFailures: 9, signal: controller.signal },
    async () => controller.abort(),
    () => false,
  );
  t.deepEqual(
    settled.map(({ kind }) => kind),
    ['done', 'left', 'left'],
  );
  const begun: number[] = [];
  await t.throwsAsync(
    runBounded(
      [0, 1, 2, 3],
      { jobs: 2, maxFailures: 9, signal: never },
      async (item) => {
        begun.push(item);
        await sleep(5);
        if (item === 0) throw new Error('a bug');
      },
      () => false,
    ),
    { message: 'a bug' },
  );
  t.true(begun.length <= 3);
});

test('ranges are those of Ansible', (t) => {
  t.deepEqual(expandRanges('board[08:11]'), ['board08', 'board09', 'board10', 'board11']);
  t.deepEqual(expandRanges('r[a:b]n[1:5:2].x'), ['ran1.x', 'ran3.x', 'ran5.x', 'rbn1.x', 'rbn3.x', 'rbn5.x']);
  t.deepEqual(expandRanges('root@[fe80::1]:22'), ['root@[fe80::1]:22']);
  for (const wrong of ['x[5:1]', 'x[1:9:0]', 'x[0:99999999]', 'x[0:99][0:99][0:99]', 'x[1:c]'])
    t.throws(() => expandRanges(wrong), { instanceOf: RangeError }, wrong);
});

const ini = `# poles
lone ansible_host=10.0.0.9 ansible_port=2222
[north]
pole[01:02] ansible_user=admin # those on the hill
"quoted name" ansible_host='10.0.0.7'
[south]
192.168.1.5:2022
[poles:children]
north
south
[poles:vars]
ansible_user=root
ansible_ssh_private_key_file = keys/pole key
`;
const yaml = `all:
  vars: { ansible_port: 22 }
  hosts:
    lone: { ansible_host: 10.0.0.9, ansible_port: 2222 }
  children:
    poles:
      vars: { ansible_user: root, ansible_ssh_private_key_file: keys/pole key, ansible_port: 22 }
      children:
        north:
          hosts:
            pole[01:02]: { ansible_user: admin, unknown: [1, 2] }
        south:
          hosts:
            "fe80::5":
`;

test('inventories in both forms: hosts, groups of groups, whose variables count', (t) => {
  const north = ['pole01', 'pole02'].map((name) => ({ name, address: `admin@${name}` }));
  const identity = 'keys/pole key';
  const fromIni = readIniInventory(ini);
  t.deepEqual(fromIni.boards('poles'), [
    ...north.map((host) => ({ ...host, identity })),
    { name: 'quoted name', address: 'root@10.0.0.7', identity },
    { name: '192.168.1.5', address: 'root@192.168.1.5:2022', identity },
  ]);
  t.is(fromIni.boards('all')?.length, 5);
  t.deepEqual(fromIni.boards('ungrouped'), [{ name: 'lone', address: '10.0.0.9:2222' }]);
  t.is(fromIni.boards('east'), undefined);
  const fromYaml = readYamlInventory(yaml);
  t.deepEqual(fromYaml.boards('poles'), [
    ...north.map((host) => ({ ...host, address: `${host.address}:22`, identity })),
    { name: 'fe80::5', address: 'root@[fe80::5]:22', identity },
  ]);
  t.deepEqual(fromYaml.boards('all')?.[0], { name: 'lone', address: '10.0.0.9:2222' });
  t.deepEqual(fromYaml.groupNames, ['north', 'poles', 'south']);
});

test('groups that lie in each other end, and what is no inventory is said to be none', (t) => {
  t.deepEqual(readIniInventory('[a:children]\nb\n[b:children]\na\n[b]\nx').boards('a'), [
    { name: 'x', address: 'x' },
  ]);
  for (const wrong of ['x "y', 'x y', '[a b]', '[v:vars]\nnothing']) {
    t.throws(() => readIniInventory(wrong), { instanceOf: SyntaxError }, wrong);
  }
  for (const wrong of ['- a', 'all: [1]', 'all: { host: {} }', 'a: [', 'all: { hosts: 5 }'])
    t.throws(() => readYamlInventory(wrong), { instanceOf: SyntaxError }, wrong);
  const bomb = `a: &a {x: {}}\n${Array.from({ length: 200 }, (_, n) => `b${n}: { children: *a }`).join('\n')}`;
  t.throws(() => readYamlInventory(bomb), { instanceOf: SyntaxError });
});

test('the table has a row for each board, and nothing that a terminal acts on', (t) => {
  const table = fleetTable([
    { host: 'a', outcome: 'ok', state: 'persistent', code: 0 },
    { host: 'long-name', outcome: 'OVL504', state: 'nothing\u001b[2J', code: 5 },
    { host: 'b', outcome: 'left out', state: 'not asked', code: null },
  ]);
  t.is(
    table,
    `HOST       OUTCOME   BOARD           CODE
a          ok        persistent      0
long-name  OVL504    nothing\\x1b[2J  5
b          left out  not asked       -
`,
  );
  t.is(worst(['ok', 'connection', 'no']), 'connection');
  t.is(worst([]), 'ok');
});
