import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir, open, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { execa } from 'execa';
import { badBoard, documentOf, folder, goodBoard, ovl, ovlEnvironment, ovlPath } from '../support/ovl.ts';

test('a closed pipe is no error', async (t) => {
  // The explanation of everything is longer than what a pipe holds once the reader is gone.
  for (const words of [['explain'], ['schema'], ['completion', 'bash'], ['--help']]) {
    const child = execa(process.execPath, [ovlPath, ...words], {
      stdout: 'pipe',
      reject: false,
      env: ovlEnvironment(),
      extendEnv: false,
      buffer: { stdout: false },
    });
    child.stdout?.destroy();
    const { exitCode, stderr } = await child;
    t.is(exitCode, 0, stderr);
    t.is(stderr, '');
  }
});

test('stdout on a full disk is an error that says so', async (t) => {
  const full = openSync('/dev/full', 'w');
  const { status, stderr } = spawnSync(process.execPath, [ovlPath, 'schema'], {
    stdio: ['ignore', full, 'pipe'],
  });
  closeSync(full);
  t.is(status, 4);
  t.regex(stderr.toString(), /OVL424.*no room left to write "stdout"/);
});

const missing = 'nowhere/x';
/** Every command, with arguments that can only fail or only succeed. */
const lines: readonly (readonly [readonly string[], number])[] = [
  [['check', 'good.yaml'], 0],
  [['check', 'bad.yaml'], 3],
  [['check', 'good.yaml', missing], 4],
  [['plan', 'good.yaml'], 0],
  [['plan', 'bad.yaml'], 3],
  [['plan', '--table', 'good.yaml'], 0],
  [['build', '--no-helper', 'good.yaml', '-o', 'out'], 0],
  [['build', 'bad.yaml', '-o', 'out2'], 3],
  [['build', missing], 4],
  [['image', missing, '--bundle', 'good.yaml', '-o', 'x'], 3],
  [['image', missing, '--bundle', missing, '-o', 'x'], 4],
  [['image', 'good.yaml', '--board', 'good.yaml', '--no-helper', '-o', 'x'], 3],
  [['lab', 'bad.yaml'], 3],
  [['lab', missing], 4],
  [
    ['init', '--name', 'n', '--arch', 'mips', '--kernel', '5.15', '--root', 'squashfs', '--storage', 'jffs2'],
    0,
  ],
  [['init'], 2],
  [['inspect', 'good.yaml'], 3],
  [['inspect', missing], 4],
  [['explain'], 0],
  [['explain', 'OVL401'], 0],
  [['explain', 'nothing at all'], 2],
  [['schema'], 0],
  [['completion', 'fish'], 0],
  [['completion', 'csh'], 2],
  [['--help'], 0],
  [['--version'], 0],
  [['check', '--help'], 0],
  [['nonsense'], 2],
];

test('--json is exactly one document, whatever happens, with the truth in "ok" and in the exit code', async (t) => {
  for (const [words, expected] of lines) {
    const cwd = await folder(t, { 'good.yaml': goodBoard, 'bad.yaml': badBoard });
    const ran = await ovl([...words, '--json'], { cwd });
    const { ok, problems, schema } = documentOf(t, ran);
    t.is(ran.exitCode, expected, `${words.join(' ')}\n${ran.stderr}`);
    t.is(ok, expected === 0);
    t.is(
      (problems as { severity: string }[]).some((one) => one.severity === 'error'),
      expected !== 0,
    );
    if (expected === 3 || expected === 4) t.is(schema, `ovl.${words[0]}/1`);
  }
});

test('nothing is left behind by a command that fails', async (t) => {
  for (const [words, expected] of lines.filter(([, exit]) => exit !== 0)) {
    const cwd = await folder(t, { 'good.yaml': goodBoard, 'bad.yaml': badBoard });
    t.is((await ovl(words, { cwd })).exitCode, expected, words.join(' '));
    t.deepEqual((await readdir(cwd)).toSorted(), ['bad.yaml', 'good.yaml'], words.join(' '));
  }
});

test('without --json the result goes to stdout and everything else to stderr', async (t) => {
  const cwd = await folder(t, { 'good.yaml': goodBoard, 'bad.yaml': badBoard });
  const good = await ovl(['plan', 'good.yaml'], { cwd });
  t.regex(good.stdout, /^good, plan [0-9a-f]{12}\n\nprepare\n/);
  t.is(good.stderr, '');
  const bad = await ovl(['plan', 'bad.yaml'], { cwd });
  t.is(bad.stdout, '');
  t.regex(bad.stderr, /^bad\.yaml:\d+:\d+: error\[OVL1\d\d\]: /);
});

test('colours: never in a pipe, unless they are asked for', async (t) => {
  const cwd = await folder(t, { 'bad.yaml': badBoard });
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  const colored = /\u001b\[/;
  const stderr = async (words: readonly string[], env: Record<string, string>): Promise<string> =>
    (await ovl(['check', 'bad.yaml', ...words], { cwd, env })).stderr;
  t.notRegex(await stderr([], {}), colored);
  t.regex(await stderr([], { FORCE_COLOR: '1' }), colored);
  t.notRegex(await stderr([], { FORCE_COLOR: '0' }), colored);
  t.regex(await stderr(['--color', 'always'], { NO_COLOR: '1' }), colored);
  t.notRegex(await stderr(['--color', 'never'], { FORCE_COLOR: '1' }), colored);
});

test('on a terminal there are colours, and NO_COLOR or a dumb terminal take them away', async (t) => {
  const cwd = await folder(t, { 'bad.yaml': badBoard });
  const onTerminal = async (env: Record<string, string>): Promise<string> => {
    const command = `${process.execPath} ${ovlPath} check bad.yaml`;
    const ran = await execa('script', ['-qec', command, '/dev/null'], {
      reject: false,
      cwd,
      extendEnv: false,
      env: ovlEnvironment({ TERM: 'xterm', ...env }),
    });
    t.is(ran.exitCode, 3);
    return ran.stdout;
  };
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences are what is looked for
  const colored = /\u001b\[[0-9;]*m/;
  t.regex(await onTerminal({}), colored);
  t.notRegex(await onTerminal({ NO_COLOR: '1' }), colored);
  t.notRegex(await onTerminal({ TERM: 'dumb' }), colored);
});

test('-q leaves only errors on stderr', async (t) => {
  const cwd = await folder(t, { 'x.yaml': goodBoard.replace('name: good', 'name: good\nlayers: []') });
  const warned = await folder(t, { 'x.yaml': jffs2Board });
  t.regex((await ovl(['check', 'x.yaml'], { cwd: warned })).stderr, /warning\[/);
  t.is((await ovl(['check', '-q', 'x.yaml'], { cwd: warned })).stderr, '');
  t.is((await ovl(['check', '-q', 'x.yaml'], { cwd })).stderr, '');
  t.regex((await ovl(['check', '-q', 'y.yaml'], { cwd })).stderr, /^error\[OVL420\]/);
});

/** JFFS2 without the OpenWrt patches gets a warning. */
const jffs2Board = goodBoard
  .replace('squashfs, overlay', 'squashfs, jffs2, overlay')
  .replace('{ type: tmpfs, size: 16MiB }', '{ type: jffs2, find: { mtd: storage } }');

test('Ctrl-C ends a question with 130 and leaves nothing', async (t) => {
  const cwd = await folder(t);
  const child = execa('script', ['-qec', `${process.execPath} ${ovlPath} init`, '/dev/null'], {
    reject: false,
    cwd,
    extendEnv: false,
    env: ovlEnvironment({ TERM: 'xterm' }),
    stdin: 'pipe',
  });
  await once(child, 'Short name of the board');
  child.stdin.write('\u0003');
  t.is((await child).exitCode, 130);
  t.deepEqual(await readdir(cwd), []);
});

test('SIGTERM while a command waits for its input ends it with 130', async (t) => {
  const cwd = await folder(t);
  await execa('mkfifo', [join(cwd, 'pipe')]);
  const child = execa(process.execPath, [ovlPath, 'check', 'pipe'], {
    reject: false,
    cwd,
    extendEnv: false,
    env: ovlEnvironment(),
  });
  // Opening the pipe for writing waits until ovl has opened it for reading.
  const writer = await open(join(cwd, 'pipe'), 'w');
  child.kill('SIGTERM');
  await sleep(200);
  await writer.writeFile(goodBoard);
  await writer.close();
  const { exitCode, signal } = await child;
  t.is(signal, undefined);
  t.is(exitCode, 130);
});

test('a second signal ends it at once', async (t) => {
  const cwd = await folder(t);
  await execa('mkfifo', [join(cwd, 'pipe')]);
  const child = execa(process.execPath, [ovlPath, 'check', 'pipe'], {
    reject: false,
    cwd,
    extendEnv: false,
    env: ovlEnvironment(),
  });
  const writer = await open(join(cwd, 'pipe'), 'w');
  child.kill('SIGINT');
  await sleep(200);
  child.kill('SIGINT');
  t.is((await child).signal, 'SIGINT');
  await writer.close();
});

test('a bug says that it is one: exit code 70, stack, version, and the document of --json', async (t) => {
  const cwd = await folder(t, { 'x.yaml': goodBoard });
  // Breaks something that only this command uses, as a bug would.
  const breakage = "Buffer.concat = () => { throw new TypeError('made for a test'); };";
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(breakage)}` };
  const ran = await ovl(['check', 'x.yaml'], { cwd, env });
  t.is(ran.exitCode, 70);
  t.is(ran.stdout, '');
  t.regex(ran.stderr, /^this is a bug in ovl \d+\.\d+\.\d+ \(node v/);
  t.regex(ran.stderr, /TypeError: made for a test\n {4}at /);
  t.regex(ran.stderr, /src\/system\/files\.ts:\d+/, 'the stack names the sources');
  const json = await ovl(['check', 'x.yaml', '--json'], { cwd, env });
  t.is(json.exitCode, 70);
  const { ok, bug } = documentOf(t, json);
  t.false(ok);
  t.regex((bug as { stack: string }).stack, /made for a test/);
});

test('a file name that would move the cursor does not reach the terminal', async (t) => {
  const name = 'a\u001b]0;owned\u0007\u001b[2J.yaml';
  const cwd = await folder(t);
  await writeFile(join(cwd, name), badBoard);
  await mkdir(join(cwd, 'folder\u001b[2J'));
  for (const words of [
    ['check', name],
    ['check', 'folder\u001b[2J'],
    ['inspect', name],
    ['plan', `${name}x`],
  ]) {
    const { stdout, stderr } = await ovl(words, { cwd });
    t.false(`${stdout}${stderr}`.includes('\u001b'), JSON.stringify(`${stdout}${stderr}`));
  }
  t.is(await readFile(join(cwd, name), 'utf8'), badBoard);
});

/** Waits until a child has written something. */
async function once(child: { readonly stdout: NodeJS.ReadableStream }, text: string): Promise<void> {
  let seen = '';
  await new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      if (seen.includes(text)) resolve();
    });
  });
}
