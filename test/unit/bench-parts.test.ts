import test from 'ava';
import { loadShellLibrary } from '../../src/system/shell-library.ts';
import { readOptions } from '../bench/options.ts';
import { onlyRead, parts, withBodies, withoutComments } from '../bench/parts.ts';

const library = await loadShellLibrary();

test('every part is a function that the library has', (t) => {
  for (const { what, bodies } of parts) t.notThrows(() => withBodies(library, bodies), what);
  t.true(parts.some(({ bodies }) => Object.keys(bodies).length > 0));
});

test('another body replaces one function and leaves the others', (t) => {
  const changed = withBodies(library, { say: ':' });
  const texts = (name: string): readonly (string | undefined)[] =>
    [library, changed].map(({ functions }) => functions.find((one) => one.name === name)?.text);
  t.is(texts('say')[1], 'say() {\n  :\n}');
  t.is(texts('step')[0], texts('step')[1]);
  t.is(changed.functions.length, library.functions.length);
});

test('a function that was renamed is an error, not a part that costs nothing', (t) => {
  t.throws(() => withBodies(library, { say: ':', no_such: ':' }), { message: /no_such/ });
});

test('the whole comes first among the parts of its kind', (t) => {
  for (const helper of [false, true]) {
    t.is(parts.find((part) => part.helper === helper)?.what, 'nothing');
  }
});

test('comments go, code with "#" in it stays', (t) => {
  const script = `#!/bin/sh
# a comment
a=1 # and another
  # indented
b="x#y" d='# no comment'
e=$#
`;
  t.is(withoutComments(script), '#!/bin/sh\na=1\nb="x#y" d=\'# no comment\'\ne=$#\n');
});

test('a script that is only read executes init where the boot would begin', (t) => {
  t.is(
    onlyRead('a() {\n:\n}\n# --- The boot begins here. ---\n\nclimb\n'),
    'a() {\n:\n}\nbegin\nexec "$init"\n',
  );
  t.throws(() => onlyRead('climb\n'), { message: /begins here/ });
});

test('without words both tables are made', (t) => {
  const none = { boot: false, wall: false, why: false, reset: false, transfer: false, helper: false };
  t.deepEqual(readOptions([]), { ...none, boot: true, wall: true });
  t.deepEqual(readOptions(['--only', 'why']), { ...none, why: true });
  t.deepEqual(readOptions(['--json', 'x', '--only=boot']), { ...none, boot: true, json: 'x' });
});

test('wrong words are answered with the right ones', (t) => {
  for (const words of [['--only', 'lunch'], ['--fast'], ['file'], ['--json']]) {
    const answer = readOptions(words);
    t.regex(typeof answer === 'string' ? answer : '', /npm run bench -- /, words.join(' '));
  }
});
