/** The Ansible collection as far as no board has to answer: what it calls, boards that are not there, and an ovl that ends badly. */
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { ansibleTest, Playbooks, playOn } from '../support/ansible/playbook.ts';
import { ovlPath } from '../support/ovl.ts';

let books: Playbooks | undefined;
const playbooks = async (): Promise<Playbooks> => {
  books ??= await Playbooks.make();
  return books;
};
test.after.always(() => books?.remove());

/** Nothing listens at these ports of loopback. */
const dead = (port: number) => ({ ansible_host: '127.0.0.1', ansible_port: port, ansible_user: 'root' });

ansibleTest('a board that is not there fails its tasks, with code, reason, fix and state', async (t) => {
  const inventory = { pole1: dead(1), pole2: { ...dead(2), ansible_password: 'correct horse' } };
  const tasks = [{ name: 'ask', 'overlaykit.board.status': {} }];
  const played = await (await playbooks()).play(inventory, [playOn('all', tasks)]);
  t.is(played.exitCode, 2, played.said);
  for (const [host, port] of [
    ['pole1', 1],
    ['pole2', 2],
  ] as const) {
    const { outcome, result } = played.one('ask', host);
    t.is(outcome, 'failed');
    t.like(result, { code: 'OVL504', board_state: 'unchanged', rc: 5, changed: false });
    const msg = String(result.msg);
    t.true(msg.startsWith(`OVL504: `), msg);
    t.true(msg.includes(`127.0.0.1`) && msg.includes(`${port}`), msg);
    t.regex(msg, /\nbecause: .*\nfix: [\s\S]*\nnothing was changed on the board$/);
  }
  t.false(played.said.includes('correct horse'), 'a password is in no log');
  t.regex(String((played.one('ask', 'pole2').result.warnings as string[])[0]), /^ansible_password: not used/);
  t.is(played.one('ask', 'pole1').result.warnings, undefined);
});

ansibleTest('a play stops at the first batch with a failure, or goes on, as it says', async (t) => {
  const inventory = { pole1: dead(1), pole2: dead(2), pole3: dead(3) };
  const tasks = [{ name: 'ask', 'overlaykit.board.status': {} }];
  const stopped = await (await playbooks()).play(inventory, [
    playOn('all', tasks, { serial: 1, max_fail_percentage: 0 }),
  ]);
  t.deepEqual(
    stopped.results.map(({ host }) => host),
    ['pole1'],
  );
  const rescued = await (await playbooks()).play(inventory, [
    playOn('all', [{ block: tasks, rescue: [{ name: 'note', 'ansible.builtin.debug': { msg: 'gone' } }] }], {
      serial: 1,
      max_fail_percentage: 0,
    }),
  ]);
  t.is(rescued.exitCode, 0, rescued.said);
  t.deepEqual(
    rescued.results.filter(({ task }) => task === 'note').map(({ host }) => host),
    ['pole1', 'pole2', 'pole3'],
  );
});

ansibleTest('what makes no sense is refused before a board is asked', async (t) => {
  const cases: readonly (readonly [string, object, RegExp])[] = [
    ['reset', {}, /^reset forgets all changes on the board for good\nfix: say sure: true$/],
    ['reset', { path: '/etc/x' }, /^reset forgets the changes at \/etc\/x for good/],
    ['reset', { path: 'etc/x', sure: true }, /does not begin with a slash/],
    ['deploy', {}, /missing required arguments: bundle/],
    ['deploy', { bundle: 'missing.tar' }, /^missing\.tar: there is no such file/],
    ['deploy', { bundle: 'x', image: 'y' }, /parameters are required together: image, slot/],
    ['status', { colour: 'red' }, /Unsupported parameters .*colour/],
    ['status', { host: '--hosts=x' }, /is not the address of a board/],
    ['status', { host: '/etc' }, /is not the address of a board/],
    ['status', { host: 'a b' }, /is not the address of a board/],
    ['status', { executable: '/nowhere/ovl' }, /\/nowhere\/ovl cannot be executed: No such file/],
    [
      'status',
      { executable: '/bin/true' },
      /\/bin\/true gave no document of --json and ended with exit code 0/,
    ],
    ['snapshot', { name: '5' }, /OVL504/],
    ['restart', { wait: 'soon' }, /OVL004: --wait is "soon"/],
  ];
  const tasks = cases.map(([verb, options], index) => ({
    name: `${index}`,
    ignore_errors: true,
    [`overlaykit.board.${verb}`]: options,
  }));
  const played = await (await playbooks()).play({ pole1: dead(1) }, [playOn('all', tasks)]);
  t.is(played.exitCode, 0, played.said);
  for (const [index, [, , pattern]] of cases.entries()) {
    const { outcome, result } = played.one(`${index}`, 'pole1');
    t.is(outcome, 'ignored');
    t.is(result.changed ?? false, false);
    t.regex(String(result.msg), pattern);
  }
});

/** An ovl that says this, and ends so. */
async function saying(name: string, lines: readonly string[]): Promise<string> {
  const path = join((await playbooks()).folder, name);
  await writeFile(path, `#!/bin/sh\n${lines.join('\n')}\n`);
  await chmod(path, 0o755);
  return path;
}

ansibleTest('what became of the board is told for every end that ovl can come to', async (t) => {
  const problem = (state: string): string =>
    JSON.stringify({
      schema: 'ovl.restart/1',
      ok: false,
      problems: [
        { code: 'OVL199', severity: 'warning', message: 'not this' },
        { code: 'OVL702', severity: 'error', message: 'a \u001b[2J b', boardState: state },
      ],
    });
  const bare = '{"schema":"ovl.restart/1","ok":false,"problems":[]}';
  const ends: readonly (readonly [string, readonly string[], object])[] = [
    [
      'back',
      [`echo '${problem('rolled back')}'`, 'exit 7'],
      { board_state: 'rolled back', changed: true, rc: 7 },
    ],
    ['lost', [`echo '${problem('unknown')}'`, 'exit 8'], { board_state: 'unknown', changed: true, rc: 8 }],
    [
      'same',
      [`echo '${problem('unchanged')}'`, 'exit 6'],
      { board_state: 'unchanged', changed: false, rc: 6 },
    ],
    ['ctrl-c', [`echo '${bare}'`, 'exit 130'], { board_state: 'unknown', changed: true, rc: 130 }],
    ['no', [`echo '${bare}'`, 'exit 1'], { board_state: 'unchanged', changed: false, rc: 1 }],
    ['killed', ['kill -9 $$'], { board_state: 'unknown', changed: true, rc: -9 }],
    [
      'noise',
      ['echo "[1]"', 'echo "cannot $*" >&2', 'exit 3'],
      { board_state: 'unchanged', changed: false, rc: 3 },
    ],
  ];
  const tasks = await Promise.all(
    ends.map(async ([name, lines]) => ({
      name,
      ignore_errors: true,
      'overlaykit.board.restart': { executable: await saying(`ends-${name}`, lines) },
    })),
  );
  const played = await (await playbooks()).play({ pole1: dead(1) }, [playOn('all', tasks)]);
  t.is(played.exitCode, 0, played.said);
  for (const [name, , result] of ends) t.like(played.one(name, 'pole1').result, result);
  const { msg, code } = played.one('back', 'pole1').result as { msg: string; code: string };
  t.is(code, 'OVL702');
  t.is(msg, 'OVL702: a \\x1b[2J b\nthe board was rolled back to what ran before');
  t.regex(
    String(played.one('noise', 'pole1').result.msg),
    /ended with exit code 3; is it ovl\?\ncannot restart --json/,
  );
});

ansibleTest('a play on this machine does not take it for a board', async (t) => {
  const task = { name: 'ask', 'overlaykit.board.status': {} };
  const played = await (await playbooks()).play({}, [playOn('localhost', [task])]);
  t.regex(String(played.one('ask', 'localhost').result.msg), /the play is for this machine/);
});

ansibleTest('a task that runs out of time takes ovl with it', async (t) => {
  // Says who it is, and lasts; as ovl, it ends when it is told to.
  const slow = await saying('slow', ['echo $$ >"$0.pid"', 'exec sleep 600']);
  const task = { name: 'ask', timeout: 2, 'overlaykit.board.status': { executable: slow } };
  const played = await (await playbooks()).play({ pole1: dead(1) }, [playOn('all', [task])]);
  t.regex(String(played.one('ask', 'pole1').result.msg), /in the expected time frame/);
  const pid = Number(await readFile(`${slow}.pid`, 'utf8'));
  t.true(pid > 1);
  t.throws(() => process.kill(pid, 0), { code: 'ESRCH' });
});

ansibleTest(
  'the inventory says where a board is, with its templates, and the task can say otherwise',
  async (t) => {
    const spy = await saying('spy', [
      'echo "$SSH_AUTH_SOCK" >"$0.agent"',
      `exec ${process.execPath} ${ovlPath} "$@"`,
    ]);
    const ask = (options: object, more: object = {}) => ({
      name: 'ask',
      'overlaykit.board.status': { executable: spy, connect_timeout: '300ms', ...options },
      ...more,
    });
    const timeout = ['--connect-timeout', '300ms'];
    const cases: readonly (readonly [Readonly<Record<string, unknown>>, object, readonly string[]])[] = [
      [
        { n: 1, ansible_host: '127.0.0.{{ n }}', ansible_port: '{{ n }}' },
        ask({}),
        [...timeout, '--', '127.0.0.1:1'],
      ],
      [
        { ansible_host: '::1', ansible_user: 'root', ansible_port: 1 },
        ask({}),
        [...timeout, '--', 'root@[::1]:1'],
      ],
      [
        { ansible_host: '127.0.0.1', ansible_port: 1 },
        ask({}, { remote_user: 'admin' }),
        [...timeout, '--', 'admin@127.0.0.1:1'],
      ],
      [
        { ansible_host: 'x', ansible_ssh_private_key_file: spy },
        ask({ host: '127.0.0.1:1' }),
        ['--identity', spy, ...timeout, '--', '127.0.0.1:1'],
      ],
      // Files that a task names are looked for beside the playbook.
      [
        {},
        ask({ ssh_config: 'none' }, { check_mode: true }),
        [...timeout, '--ssh-config', '/none', '--', 'pole'],
      ],
    ];
    const inventory = Object.fromEntries(cases.map(([variables], at) => [`pole${at}`, variables]));
    const tasks = cases.map(([, task], at) => ({ ...task, when: `inventory_hostname == 'pole${at}'` }));
    const environment = { SSH_AUTH_SOCK: '/run/agent' };
    const played = await (await playbooks()).play(inventory, [playOn('all', tasks, { environment })]);
    for (const [at, [, , words]] of cases.entries()) {
      const found = played.results.find(({ host, outcome }) => host === `pole${at}` && outcome === 'failed');
      const { cmd = [] } = (found?.result ?? {}) as { cmd?: readonly string[] };
      const shown = cmd.map((word) => word.replace(/^.*\/play-[^/]*(?=\/none$)/, ''));
      const wanted = words.map((word) => (word === 'pole' ? `pole${at}` : word));
      t.deepEqual(shown, [spy, 'status', '--json', '--no-input', ...wanted], played.said);
    }
    t.is(await readFile(`${spy}.agent`, 'utf8'), '/run/agent\n');
  },
);
