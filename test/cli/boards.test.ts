/** Commands on boards, as far as no board has to answer: words, confirmation, lists, and boards that are not there. */
import test from 'ava';
import { documentOf, folder, ovl } from '../support/ovl.ts';

/** Nothing listens at these ports of loopback. */
const nobody = ['root@127.0.0.1:1', 'root@127.0.0.1:2', 'root@127.0.0.1:3'];

test('what takes something away is not done where nobody can be asked, and --yes is named', async (t) => {
  for (const words of [
    ['reset', 'x'],
    ['reset', 'x', '/etc'],
    ['rollback', 'x'],
    ['restart', 'x'],
  ]) {
    const { exitCode, stderr, stdout } = await ovl(words);
    t.is(exitCode, 2, stderr);
    t.regex(stderr, /OVL006\][\s\S]*--yes/);
    t.is(stdout, '');
  }
});

test('words that make no sense are exit code 2', async (t) => {
  const cwd = await folder(t, { list: 'x\n' });
  const lines: readonly (readonly [string, RegExp])[] = [
    ['reset x /a /b --yes', /OVL003/],
    ['rollback x --to a/b --yes', /OVL004/],
    ['snapshot x --name 5', /OVL004/],
    ['restart x --yes --wait soon', /OVL004/],
    ['commit x', /OVL003/],
    ['commit x y /etc', /OVL004/],
    ['status x --group g', /OVL005/],
    ['status x --jobs 0', /OVL004/],
    ['status --hosts list --ask-password', /OVL005/],
    ['status', /OVL003/],
    ['bench x --budget 2GiB', /OVL004/],
    ['bench x --rounds 0', /OVL004/],
    ['bench x --time soon', /OVL004/],
    ['bench x y --svg', /OVL005/],
    ['bench x --lab board.yaml', /OVL005/],
    ['bench x --machine qemu', /OVL005/],
  ];
  for (const [line, code] of lines) {
    const { exitCode, stderr } = await ovl(line.split(' '), { cwd });
    t.is(exitCode, 2, line);
    t.regex(stderr, code, line);
  }
});

test('a list that is none is OVL470, a file that is not there OVL4xx: exit code 4', async (t) => {
  const cwd = await folder(t, {
    two: 'a b\n',
    empty: '# nobody\n',
    'hosts.ini': '[g]\nx "y\n',
    range: 'x[9:1]\n',
  });
  for (const words of [
    ['--hosts', 'two'],
    ['--hosts', 'empty'],
    ['--hosts', 'range'],
    ['--inventory', 'hosts.ini'],
  ]) {
    const { exitCode, stderr } = await ovl(['status', ...words], { cwd });
    t.is(exitCode, 4, stderr);
    t.regex(stderr, /OVL470/);
  }
  t.is((await ovl(['status', '--hosts', 'missing'], { cwd })).exitCode, 4);
  const group = await ovl(['status', '--inventory', 'range', '--group', 'g'], { cwd });
  t.is(group.exitCode, 4, group.stderr);
});

test('boards that are not there: a row each, the worst code, and nothing new after too many failures', async (t) => {
  const cwd = await folder(t, { 'hosts.txt': `# three\n${nobody.join('\n')} # the last one\n` });
  const all = await ovl(['status', '--hosts', 'hosts.txt', '--jobs', '2'], { cwd });
  t.is(all.exitCode, 5, all.stderr);
  t.regex(all.stdout, /^HOST {14}OUTCOME {2}BOARD {16}CODE\n/);
  t.is(all.stdout.match(/^root@127\.0\.0\.1:\d {2}OVL504 {3}nothing was changed {2}5$/gm)?.length, 3);
  t.true(all.stdout.endsWith('3 boards, 0 ok\n'));

  const stopped = await ovl(
    ['status', '--hosts', 'hosts.txt', '--jobs', '1', '--max-failures', '1', '--json'],
    { cwd },
  );
  t.is(stopped.exitCode, 5);
  const [first = '', last = '', ...more] = stopped.stdout.trimEnd().split('\n');
  t.deepEqual(more, []);
  t.like(JSON.parse(first), { schema: 'ovl.status.board/1', host: nobody[0], ok: false, code: 5 });
  const document = documentOf(t, { ...stopped, stdout: last });
  t.like(document, { schema: 'ovl.status/1', ok: false });
  t.deepEqual(
    (document.boards as { outcome: string }[]).map(({ outcome }) => outcome),
    ['OVL504', 'left out', 'left out'],
  );
});
