import { setTimeout as sleep } from 'node:timers/promises';
import test from 'ava';
import { execa } from 'execa';
import fc from 'fast-check';
import { commandLine, longestLine } from '../../src/device/command-line.ts';
import { program, script, succeeded } from '../../src/device/device.ts';
import { localDevice } from '../support/local-device.ts';
import { testWith } from '../support/needs.ts';

const awkward = [
  '',
  'a\noverlaykit-end-0\nb',
  "it's",
  'a\nb',
  '$(id)',
  '`id`',
  '-n',
  'ümlaut',
  ' x ',
  '\\',
  '*',
  '!',
  "'",
];

test('words reach a program as they are', async (t) => {
  const { stdout } = await localDevice().run(program('printf', '%s\\0', ...awkward));
  t.deepEqual(stdout.toString().split('\0').slice(0, -1), awkward);
});

test('a script gets its words, short or long, and leaves stdin to what it starts', async (t) => {
  for (const comment of ['', `: '${"\\x'\\''".repeat(2000)}'`]) {
    const text = `${comment}\nprintf '%s\\0' "$@"; cat`;
    const { stdout, ending } = await localDevice().run(script(text, ...awkward), {
      stdin: Buffer.from('the rest\n'),
    });
    t.deepEqual(ending, { kind: 'exited', code: 0 });
    t.deepEqual(stdout.toString().split('\0'), [...awkward, 'the rest\n']);
  }
});

test('no command line is longer than an old dropbear takes', (t) => {
  const { line, preamble } = commandLine(script('x'.repeat(100_000), ...awkward));
  t.true(Buffer.byteLength(line) < 1024);
  t.true(preamble.length > 100_000);
});

test('a server that is known to take long commands gets them whole', (t) => {
  for (const [software, longest] of [
    ['dropbear_2022.83', 8900],
    ['dropbear_2016.74', 8900],
    ['dropbear_2015.71', 1000],
    ['dropbear_0.52', 1000],
    ['dropbear', 1000],
    ['OpenSSH_9.2p1 Debian-2', 8900],
    ['something else', 1000],
    ['', 1000],
  ] as const)
    t.is(longestLine(software), longest, software);
  const command = script('x'.repeat(5000));
  t.is(commandLine(command, longestLine('dropbear_2022.83')).preamble.length, 0);
  t.true(commandLine(script('x'.repeat(8900)), longestLine('dropbear_2022.83')).preamble.length > 8900);
});

for (const shell of ['dash', 'busybox ash', 'mksh'] as const) {
  testWith(shell === 'busybox ash' ? 'busybox' : shell)(
    `long scripts with any words, in ${shell}`,
    async (t) => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(
            fc.string({ unit: 'binary' }).map((s) => s.replaceAll('\0', '')),
            { minLength: 1, maxLength: 5 },
          ),
          async (words) => {
            const { line, preamble } = commandLine(
              script(`${'#\n'.repeat(600)}printf '%s\\0' "$@"; cat`, ...words),
            );
            const [file = '', ...rest] = [...shell.split(' '), '-c', line.replace('/bin/sh', shell)];
            const { stdout } = await execa(file, rest, {
              input: Buffer.concat([preamble, Buffer.from('rest')]),
              encoding: 'buffer',
            });
            t.deepEqual(Buffer.from(stdout), Buffer.from([...words, 'rest'].join('\0')));
          },
        ),
        { numRuns: 20 },
      );
    },
  );
}

test('exit codes and signals are outcomes', async (t) => {
  const device = localDevice();
  const failed = await device.run(script('echo no >&2; exit 3'));
  t.deepEqual(failed.ending, { kind: 'exited', code: 3 });
  t.is(failed.stderr.toString(), 'no\n');
  t.false(succeeded(failed));
  t.deepEqual((await device.run(script('kill -TERM $$'))).ending, { kind: 'killed', signal: 'TERM' });
  t.true(succeeded(await device.run(program('true'))));
});

test('stdout can be taken as it comes, and is held back', async (t) => {
  let taken = 0;
  const { stdout } = await localDevice().run(program('head', '-c', '300000', '/dev/zero'), {
    limit: 1000,
    onStdout: async (chunk) => {
      await sleep(1);
      taken += chunk.length;
    },
  });
  t.is(taken, 300_000);
  t.is(stdout.length, 0);
});
