/** What `npm run build` makes: which packages are in it, which stay beside it and when those are loaded, and their licences. */
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Metafile } from 'esbuild';
import { execa } from 'execa';
import { commands } from '../../src/cli/commands.ts';
import { packageRoot } from '../../src/system/package-root.ts';
import { fill } from '../../src/toolchain/dist.ts';
import { folder, goodBoard, ovlEnvironment, ovlPath } from '../support/ovl.ts';

type Output = Metafile['outputs'][string];

/** As `npm run build` does, beside the dist/ that other tests use; its outputs by the names that they have there. */
async function built(t: ExecutionContext): Promise<ReadonlyMap<string, Output>> {
  const work = await mkdtemp(join(tmpdir(), 'ovl-dist-'));
  t.teardown(() => rm(work, { recursive: true, force: true }));
  const { outputs } = await fill(packageRoot(), work);
  return new Map(Object.entries(outputs));
}

/** The outputs that are loaded with one, by way of these kinds of import; itself among them. */
function loadedWith(
  outputs: ReadonlyMap<string, Output>,
  name: string,
  kinds: readonly string[],
): readonly Output[] {
  const seen = new Set([name]);
  // Grows while it is gone through.
  for (const path of seen)
    for (const one of outputs.get(path)?.imports ?? [])
      if (one.external !== true && kinds.includes(one.kind)) seen.add(one.path);
  return [...seen].map((path) => outputs.get(path)).filter((output) => output !== undefined);
}

/** Names of packages that have to be found in node_modules once an output is loaded, and all that is loaded with it. */
function packagesOf(outputs: readonly Output[], kinds: readonly string[]): readonly string[] {
  const outside = outputs
    .flatMap(({ imports }) => imports)
    .filter(({ external, kind, path }) => external === true && kinds.includes(kind) && !isBuiltin(path));
  return [...new Set(outside.map(({ path }) => path))].toSorted();
}

const atOnce = ['import-statement', 'require-call', 'require-resolve'];
const ever = [...atOnce, 'dynamic-import'];

test('only what logs in to boards, and what bundles the helper, load a package', async (t) => {
  const outputs = await built(t);
  const loading = [...outputs].flatMap(([path, { entryPoint }]) =>
    entryPoint === undefined
      ? []
      : packagesOf(loadedWith(outputs, path, atOnce), atOnce).map((name) => `${entryPoint}: ${name}`),
  );
  t.deepEqual(loading, ['src/device/ssh/ssh-device.ts: ssh2']);
  const entry = [...outputs].find(([, { entryPoint }]) => entryPoint === 'src/cli/main.ts')?.[0] ?? '';
  t.deepEqual(packagesOf(loadedWith(outputs, entry, ever), ever), ['esbuild', 'ssh2']);
  // Each command is a file of its own.
  const entries = new Set([...outputs.values()].map(({ entryPoint }) => entryPoint));
  for (const { name } of commands) t.true(entries.has(`src/cli/commands/${name}.ts`), name);
});

test('commands on boards do not load the parser of board files, nor what starts programs, before they have to', async (t) => {
  const outputs = await built(t);
  const inFile = (path: string) =>
    [...outputs].filter(([, { entryPoint }]) => entryPoint === path).map(([name]) => name);
  for (const name of ['status', 'log', 'usage', 'push', 'rollback', 'shell']) {
    const [file = ''] = inFile(`src/cli/commands/${name}.ts`);
    const inputs = loadedWith(outputs, file, atOnce).flatMap((output) => Object.keys(output.inputs));
    t.true(inputs.includes(`src/cli/commands/${name}.ts`), name);
    const heavy = inputs.filter((path) => /^node_modules\/(yaml|execa)\//.test(path));
    t.deepEqual(heavy, [], name);
  }
});

test('LICENSES has every package whose code is in dist, with its version and its licence', async (t) => {
  const dist = dirname(ovlPath);
  const names = (await readdir(dist)).filter((name) => name.endsWith('.js'));
  const code = await Promise.all(names.map((name) => readFile(join(dist, name), 'utf8')));
  // Not from the metafile, of which LICENSES is made: the bundler writes above each part where it comes from.
  const parts = code.flatMap((text) => text.match(/(?<=^(?:\/\/ | *"))node_modules\/[^"\n]+/gm) ?? []);
  const folders = new Set(parts.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path));
  t.true(folders.size > 20);
  const licences = await readFile(join(dist, 'LICENSES'), 'utf8');
  for (const path of folders) {
    const home = join(packageRoot(), path);
    const { name, version } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
      readonly name: string;
      readonly version: string;
    };
    t.regex(licences, new RegExp(`^${name} ${version.replaceAll('.', '\\.')}( \\(.*\\))?$`, 'm'));
    const file = (await readdir(home)).find((one) => /^licen[cs]e/i.test(one)) ?? '';
    t.true(licences.includes((await readFile(join(home, file), 'utf8')).trim()), path);
  }
  for (const name of ['commander', 'execa', 'fzstd', 'tar-stream', 'yaml', 'zod'])
    t.true(folders.has(`node_modules/${name}`), name);
});

test('dist names no place of this machine, and its maps lead to the sources', async (t) => {
  const dist = dirname(ovlPath);
  const sources = new Set<string>();
  for (const name of await readdir(dist)) {
    const text = await readFile(join(dist, name), 'utf8');
    t.false(text.includes(packageRoot()), name);
    if (!name.endsWith('.map')) continue;
    const map = JSON.parse(text) as {
      readonly sources: readonly string[];
      readonly sourcesContent?: unknown;
    };
    t.is(map.sourcesContent, undefined, name);
    for (const source of map.sources) sources.add(source);
  }
  t.deepEqual(
    [...sources].filter((source) => !/^\.\.\/(src|node_modules)\//.test(source)),
    [],
  );
  t.true(sources.has('../src/cli/run.ts'));
});

test('without a single package, all commands have their help, and those that need no board work', async (t) => {
  const home = await folder(t, { 'x.yaml': goodBoard });
  for (const name of ['dist', 'rootfs-scripts', 'board-configs', 'package.json'])
    await cp(join(packageRoot(), name), join(home, name), { recursive: true });
  const ovl = (...words: readonly string[]) =>
    execa(process.execPath, [join(home, 'dist/ovl.js'), ...words], {
      cwd: home,
      extendEnv: false,
      env: ovlEnvironment(),
      reject: false,
      stdin: 'ignore',
      timeout: 60_000,
    });
  for (const words of [
    ['--version'],
    ['--help'],
    ...commands.map(({ name }) => [name, '--help']),
    ['check', 'x.yaml'],
    ['plan', 'x.yaml'],
    ['schema'],
    ['build', '--no-helper', 'x.yaml', '-o', 'out'],
    ['inspect', 'out/bundle.tar'],
  ]) {
    const { exitCode, stdout, stderr } = await ovl(...words);
    t.is(exitCode, 0, `${words.join(' ')}: ${stderr}`);
    t.not(stdout, '', words.join(' '));
  }
  const { exitCode, stderr } = await ovl('status', 'localhost');
  t.is(exitCode, 4, stderr);
  t.regex(stderr, /error\[OVL433\]: /);
  t.regex(stderr, /'ssh2'/);
});
