import { spawn } from 'node:child_process';
import { once } from 'node:events';
import test, { type ExecutionContext } from 'ava';
import { Failure } from '../../src/diagnostics/diagnostic.ts';
import { account } from '../../src/lab/account.ts';
import { Console } from '../../src/lab/console.ts';
import { labShellGreeting } from '../../src/lab/labshell.ts';
import { Shell } from '../../src/lab/shell.ts';

const silent = (): Console => new Console(() => undefined);
const codeOf = (error: unknown): string | undefined =>
  error instanceof Failure ? error.diagnostics[0]?.code : undefined;

async function codeOfWait(t: ExecutionContext, wait: Promise<unknown>): Promise<string | undefined> {
  return codeOf(await t.throwsAsync(wait, { instanceOf: Failure }));
}

test('a wait sees what was said before it and what comes later, across chunks', async (t) => {
  const console = silent();
  console.feed(Buffer.from('first li'));
  const later = console.waitFor(/line (\w+)/);
  console.feed(Buffer.from('ne one\r'));
  console.feed(Buffer.from('\nsecond'));
  t.is((await later)[1], 'one');
  t.is((await console.waitFor('first'))[0], 'first');
  t.is(console.text, 'first line one\nsecond');
});

test('a text stands for itself and not for a pattern', async (t) => {
  const console = silent();
  console.feed(Buffer.from('axb'));
  t.is(await codeOfWait(t, console.waitFor('a.b', { timeoutMs: 20 })), 'OVL410');
});

test('a character of several bytes may arrive in pieces', (t) => {
  const console = silent();
  const bytes = Buffer.from('é');
  console.feed(bytes.subarray(0, 1));
  console.feed(bytes.subarray(1));
  t.is(console.text, 'é');
});

test('a wait ends with the deadline, the board or the signal, and says which', async (t) => {
  const console = silent();
  console.feed(Buffer.from('Kernel panic - not syncing\n'));
  const late = await t.throwsAsync(console.waitFor('never', { timeoutMs: 20 }), { instanceOf: Failure });
  t.is(codeOf(late), 'OVL410');
  t.regex(late.diagnostics[0]?.because ?? '', /Kernel panic/);
  const stop = new AbortController();
  const stopped = console.waitFor('never', { signal: stop.signal });
  stop.abort(new Error('enough'));
  await t.throwsAsync(stopped, { message: 'enough' });
  const ended = console.waitFor('never');
  console.end();
  t.is(await codeOfWait(t, ended), 'OVL411');
  t.is(await codeOfWait(t, console.waitFor('never')), 'OVL411');
});

/** A shell on pipes instead of a terminal line; `before` is said first. */
async function withShell<T>(
  options: { greets: boolean; noise?: boolean },
  use: (shell: Shell) => Promise<T>,
): Promise<T> {
  const child = spawn('/bin/sh', [], { stdio: 'pipe' });
  const line = new Console((text) => child.stdin.write(text));
  child.stdout.on('data', (bytes: Buffer) => line.feed(bytes));
  child.stderr.on('data', (bytes: Buffer) => line.feed(bytes));
  if (options.greets) line.feed(Buffer.from(`${labShellGreeting}\r\n`));
  const noise = options.noise ? setInterval(() => line.feed(Buffer.from('[ 1.0] kernel\n')), 1) : undefined;
  try {
    return await use(new Shell(line, { greets: options.greets }));
  } finally {
    clearInterval(noise);
    child.stdin.end();
    await once(child, 'close');
  }
}

test('a command gives its output as it is and its exit code', async (t) => {
  await withShell({ greets: true }, async (shell) => {
    t.deepEqual(await shell.run("printf 'no line end'; exit 7"), { output: 'no line end', exitCode: 7 });
    t.deepEqual(await shell.run('echo "it\'s"; echo to stderr >&2'), {
      output: "it's\nto stderr\n",
      exitCode: 0,
    });
    t.deepEqual(await shell.run('true'), { output: '', exitCode: 0 });
    t.is((await shell.run('echo one\necho two')).output, 'one\ntwo\n');
  });
});

test('commands do not reach each other: not by cd, not by stdin, not by a syntax error', async (t) => {
  await withShell({ greets: true }, async (shell) => {
    const here = (await shell.run('pwd')).output;
    await shell.run('cd /; x=1');
    t.is((await shell.run('pwd; echo "$x"')).output, `${here}\n`);
    t.deepEqual(await shell.run('cat'), { output: '', exitCode: 0 });
    t.not((await shell.run('if then')).exitCode, 0);
    const both = await Promise.all([shell.run('echo first'), shell.run('echo second')]);
    t.deepEqual(
      both.map(({ output }) => output),
      ['first\n', 'second\n'],
    );
  });
});

test('a command that prints the marks of another run is not believed', async (t) => {
  await withShell({ greets: true }, async (shell) => {
    const fake = `end-${'0'.repeat(32)} 0`;
    t.deepEqual(await shell.run(`echo '${fake}'; exit 3`), { output: `${fake}\n`, exitCode: 3 });
  });
});

test('a shell that does not greet is found by asking, with other lines in between', async (t) => {
  await withShell({ greets: false }, async (shell) => {
    t.is((await shell.run('exit 5')).exitCode, 5);
  });
  await withShell({ greets: false, noise: true }, async (shell) => {
    t.regex((await shell.run('sleep 0.05; echo said')).output, /^said$/m);
  });
});

test('a command that takes too long fails, and the next one works', async (t) => {
  await withShell({ greets: true }, async (shell) => {
    const late = await t.throwsAsync(shell.run('sleep 0.5', { timeoutMs: 100 }), { instanceOf: Failure });
    t.like(late.diagnostics[0], {
      code: 'OVL410',
      message: 'the virtual board did not finish "sleep 0.5" within 0.1 s',
    });
    t.is((await shell.run('echo next')).output, 'next\n');
  });
});

test("the account has overlay_init's lines and nothing else", (t) => {
  const console = [
    '[    0.504323] Freeing unused kernel image (initmem) memory: 572K',
    '[    0.671000] overlaykit: plan 7b1e09',
    'overlaykit: tmpfs: nothing will be kept',
    '[    1.2][    T1] overlaykit: handing over',
    'echo overlaykit: not at the start',
    '<4>overlaykit: with its level',
  ];
  t.deepEqual(account(console.join('\n')), [
    'overlaykit: plan 7b1e09',
    'overlaykit: tmpfs: nothing will be kept',
    'overlaykit: handing over',
    'overlaykit: with its level',
  ]);
});
