/** The Ansible collection as people read it: versions, documents, examples, and Python that is laid out. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { parse } from 'yaml';
import { packageRoot, packageVersion } from '../../src/system/package-root.ts';
import { ansibleTest, collection, Playbooks } from '../support/ansible/playbook.ts';
import { testWith } from '../support/needs.ts';

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

/** Plays and tasks of a text in YAML; tasks get a play of their own. */
function playsOf(text: string): readonly object[] {
  const items = parse(text) as readonly Readonly<Record<string, unknown>>[];
  return items.map((item) => ('hosts' in item ? item : { hosts: 'all', gather_facts: false, tasks: [item] }));
}

/** Every task of the collection in plays, however deep: the module and its options. */
function tasksOf(value: unknown): readonly (readonly [string, object])[] {
  if (Array.isArray(value)) return value.flatMap(tasksOf);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, one]) => [
    ...(/^overlaykit\.board\.\w+$/.test(name) ? [[name, (one ?? {}) as object] as const] : []),
    ...tasksOf(one),
  ]);
}

ansibleTest('the plays of its documents, its README and the guide are ones that Ansible takes', async (t) => {
  const all = await playbooks();
  const names = modules.map((name) => `overlaykit.board.${name}`);
  const { stdout } = await all.run('ansible-doc', ['--json', ...names]);
  const documents = JSON.parse(stdout) as Readonly<Record<string, Document>>;
  const pages = [join(collection, 'README.md'), join(packageRoot(), 'docs', 'guides', 'ansible.md')];
  const blocks = (await Promise.all(pages.map((page) => readFile(page, 'utf8')))).flatMap((page) =>
    [...page.matchAll(/^```yaml\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? ''),
  );
  const texts = [
    ...Object.values(documents).map(({ examples }) => examples),
    ...blocks.filter((block) => block.trimStart().startsWith('- name:')),
  ];
  t.true(texts.length > modules.length + 3);
  const plays = texts.flatMap(playsOf);
  const tasks = tasksOf(plays);
  t.true(tasks.length > 20);
  for (const [name, options] of tasks)
    for (const option of Object.keys(options))
      t.true(option in (documents[name]?.doc.options ?? {}), `${name}: ${option}`);
  const checked = await all.play({ pole: {} }, plays, { words: ['--syntax-check'] });
  t.is(checked.exitCode, 0, checked.said);
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
