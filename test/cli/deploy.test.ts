import test from 'ava';
import { freePort } from '../support/free-port.ts';
import { folder, goodBoard, ovl } from '../support/ovl.ts';

test('deploy without options gets as far as the board; a time that is none does not', async (t) => {
  const cwd = await folder(t, { 'my.yaml': goodBoard, config: '' });
  const build = await ovl(['build', 'my.yaml', '-o', 'out', '--no-helper'], { cwd });
  t.is(build.exitCode, 0, build.stderr);
  const words = [
    'deploy',
    'out/bundle.tar',
    `root@127.0.0.1:${await freePort()}`,
    '--yes',
    '--ssh-config',
    'config',
  ];
  const refused = await ovl(words, { cwd });
  t.is(refused.exitCode, 5, refused.stderr);
  t.regex(refused.stderr, /OVL504/);
  const wrong = await ovl([...words, '--wait', 'soon'], { cwd });
  t.is(wrong.exitCode, 2, wrong.stderr);
  t.regex(wrong.stderr, /--wait is "soon"/);
});
