/** What the type checker believes about the engine against the engine: a builtin that is missing would only show on a board. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'ava';
import { execa } from 'execa';
import { packageRoot } from '../../src/system/package-root.ts';
import { programOf } from '../support/sanitized.ts';

/** What has the methods of an interface; the other interfaces of the file are for the type checker alone. */
const instances: Readonly<Record<string, string>> = {
  Array: '[]',
  ReadonlyArray: '[]',
  String: '""',
  Error: 'new Error("x")',
  Object: '({})',
  IterableIterator: '[].entries()',
};

/** Expressions that must not be undefined, from the declarations. */
function expressions(declarations: string): readonly string[] {
  const found: string[] = [];
  for (const [, name = '', body = ''] of declarations.matchAll(/^interface (\w+)[^{]*\{\n(.*?)^\}/gms)) {
    const instance = instances[name];
    if (instance === undefined) continue;
    for (const [, member] of body.matchAll(/^ {2}(?:readonly )?(\w+)(?=[<(:?])/gm))
      found.push(`${instance}.${member}`);
    if (body.includes('[Symbol.iterator]')) found.push(`(([...all]) => all)(${instance})`);
  }
  for (const [, name = '', lines = ''] of declarations.matchAll(/^declare const (\w+): \{(.*?)\};?$/gms)) {
    const body = lines.replace(/\s+/g, ' ');
    found.push(name);
    for (const [, member] of body.matchAll(/[{;] (?:readonly )?(\w+)(?=[<(:])/g))
      found.push(`${name}.${member}`);
    const first = /^ (?:readonly )?(\w+)(?=[<(:])/.exec(body)?.[1];
    if (first !== undefined && first !== 'new') found.push(`${name}.${first}`);
  }
  return found.filter((one) => !one.endsWith('.new'));
}

test('every builtin that is declared is there', async (t) => {
  const declared = expressions(await readFile(join(packageRoot(), 'src/helper/builtins.d.ts'), 'utf8'));
  t.true(declared.length > 40, `${declared}`);
  for (const one of [
    '[].push',
    '"".startsWith',
    'Math.floor',
    'Object.entries',
    'String.fromCharCode',
    'Number.isNaN',
  ])
    t.true(declared.includes(one), one);
  const lines = [...declared, '[].thisOneIsMissing'].map(
    (one) => `there(() => ${one}) || sys.write(1, ${JSON.stringify(`${one}\n`)});`,
  );
  // A function, as the build makes one of the helper's own: instructions for variables of the script itself are left out.
  const script = `(() => { const there = (look) => { try { return look() !== undefined; } catch { return false; } };
${lines.join('\n')}
sys.exit(0); })()`;
  const { stdout } = await execa(await programOf(script, 'release'), []);
  t.is(stdout, '[].thisOneIsMissing');
});
