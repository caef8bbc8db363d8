/** The Ansible collection as far as no board has to answer: its documents, its options, and boards that are not there. */
import { chmod, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { packageVersion } from '../../src/system/package-root.ts';
import { ansibleTest, collection, Playbooks, playOn } from '../support/ansible/playbook.ts';
import { testWith } from '../support/needs.ts';
import { ovlPath } from '../support/ovl.ts';

const modules = (await readdir(join(collection, 'plugins', 'modules')))
  .map((name) => name.replace(/\.py$/, ''))
  .toSorted();

let books: Playbooks | undefined;
const playbooks = async (): Promise<Playbooks> => {
  books ??= await Playbooks.make();
  return books;
};
test.after.always(() => books?.remove());

async function python(...words: readonly string[]): Promise<string> {
  const { stdout } = await execa('/usr/bin/python3', words, {
    env: { PYTHONDONTWRITEBYTECODE: '1' },
  });
  return stdout;
}

ansibleTest('its version is that of the package', async (t) => {
  const galaxy = await readFile(join(collection, 'galaxy.yml'), 'utf8');
  t.is(/^version: (.*)$/m.exec(galaxy)?.[1], packageVersion());
  const { stdout } = await (await playbooks()).run('ansible-galaxy', [
    'collection',
    'list',
    '--format',
    'json',
  ]);
  t.true(stdout.includes(`"overlaykit.board": {"version": "${packageVersion()}"}`), stdout);
});

interface Document {
  readonly doc: {
    readonly options: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly short_description: string;
  };
  readonly examples: string;
  readonly return: Readonly<Record<string, { readonly description: unknown }>>;
}

ansibleTest('ansible-doc shows every module, with the options that it takes and no others', async (t) => {
  const names = modules.map((name) => `overlaykit.board.${name}`);
  t.deepEqual(modules, ['confirm', 'deploy', 'reset', 'restart', 'rollback', 'snapshot', 'status', 'usage']);
  const { stdout, stderr, exitCode } = await (await playbooks()).run('ansible-doc', ['--json', ...names]);
  t.is(exitCode, 0, stderr);
  const documents = JSON.parse(stdout) as Readonly<Record<string, Document>>;
  const specs = JSON.parse(
    await python(
      '-c',
      'import json, sys; sys.path.insert(0, sys.argv[1]); import arguments; ' +
        'print(json.dumps({verb: arguments.argument_spec(verb) for verb in arguments.VERBS}))',
      join(collection, 'plugins', 'module_utils'),
    ),
  );
  t.deepEqual(Object.keys(specs).toSorted(), modules);
  for (const module of modules) {
    const document = documents[`overlaykit.board.${module}`];
    if (document === undefined) throw new Error(`${module} has no document`);
    const told = Object.entries(document.doc.options).map(([name, { type, default: usual, required }]) => [
      name,
      {
        type,
        ...(usual === undefined || usual === null ? {} : { default: usual }),
        ...(required ? { required } : {}),
      },
    ]);
    const taken = Object.entries(specs[module] as Readonly<Record<string, Record<string, unknown>>>).map(
      ([name, { no_log: _, ...spec }]) => [name, spec],
    );
    t.deepEqual(Object.fromEntries(told), Object.fromEntries(taken), module);
    t.true(document.examples.includes(`overlaykit.board.${module}:`), module);
    t.true(Object.keys(document.return).includes('board_state'), module);
  }
});

testWith('pycodestyle', 'pyflakes3')('its Python is compiled, laid out and clean', async (t) => {
  const entries = await readdir(collection, { recursive: true });
  const files = entries.filter((path) => path.endsWith('.py')).map((path) => join(collection, path));
  t.true(files.length > 12);
  const source =
    'import ast, sys; [ast.parse(open(f).read(), f, feature_version=(3, 9)) for f in sys.argv[1:]]';
  await python('-c', source, ...files);
  // Modules have their documents before their imports, as Ansible wants it.
  const style = await execa('pycodestyle', ['--max-line-length=125', '--ignore=E402,W503,W504', ...files], {
    reject: false,
  });
  t.is(style.stdout, '');
  const flakes = await execa('pyflakes3', files, { reject: false });
  t.is(flakes.stdout, '');
});

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

ansibleTest('a play on this machine does not take it for a board', async (t) => {
  const task = { name: 'ask', 'overlaykit.board.status': {} };
  const played = await (await playbooks()).play({}, [playOn('localhost', [task])]);
  t.regex(String(played.one('ask', 'localhost').result.msg), /the play is for this machine/);
});

ansibleTest('a task that runs out of time takes ovl with it', async (t) => {
  const folder = (await playbooks()).folder;
  const slow = join(folder, 'slow');
  // Says who it is, and lasts; as ovl, it ends when it is told to.
  await writeFile(slow, '#!/bin/sh\necho $$ >"$0.pid"\nexec sleep 600\n');
  await chmod(slow, 0o755);
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
    const folder = (await playbooks()).folder;
    const spy = join(folder, 'spy');
    await writeFile(
      spy,
      `#!/bin/sh\necho "$SSH_AUTH_SOCK" >"$0.agent"\nexec ${process.execPath} ${ovlPath} "$@"\n`,
    );
    await chmod(spy, 0o755);
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
