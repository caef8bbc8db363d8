import test from 'ava';
import { documentOf, folder, goodBoard, ovl } from '../support/ovl.ts';

test('ovl plan --svg prints a diagram and nothing else', async (t) => {
  const cwd = await folder(t, { 'good.yaml': goodBoard });
  const { stdout, exitCode } = await ovl(['plan', '--svg', 'good.yaml'], { cwd });
  t.is(exitCode, 0);
  t.regex(stdout, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg"[\s\S]*<\/svg>\n$/);
  t.true(stdout.includes('<title>Mount plan of the board good</title>'));
});

test('ovl plan --svg --json is the document that it is without', async (t) => {
  const cwd = await folder(t, { 'good.yaml': goodBoard });
  const document = documentOf(t, await ovl(['plan', '--json', '--svg', 'good.yaml'], { cwd }));
  t.deepEqual(document, documentOf(t, await ovl(['plan', '--json', 'good.yaml'], { cwd })));
});

test('ovl plan takes one form at a time', async (t) => {
  const cwd = await folder(t, { 'good.yaml': goodBoard });
  const { stdout, stderr, exitCode } = await ovl(['plan', '--svg', '--table', 'good.yaml'], { cwd });
  t.is(exitCode, 2);
  t.is(stdout, '');
  t.regex(stderr, /OVL005/);
});
