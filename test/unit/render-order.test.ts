/** A shell reads overlay_init as far as it has executed it: nothing may be called before it can be found. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { loadShellLibrary } from '../../src/system/shell-library.ts';
import { renderBoard } from '../support/plans.ts';

const folder = join(import.meta.dirname, '../../board-configs');
const names = readdirSync(folder).filter((name) => name.endsWith('.yaml'));
const behind = '# --- Behind the boot';

/** What a part of a script defines, in its order, and what it executes at once. */
interface Part {
  readonly functions: ReadonlyMap<string, string>;
  readonly calls: string;
}

function parse(text: string): Part {
  const functions = new Map<string, string>();
  const calls: string[] = [];
  let name: string | undefined;
  let body: string[] = [];
  for (const line of text.split('\n')) {
    const head = /^ *([a-z_]+)\(\) \{(?: (.*) \})?$/.exec(line);
    if (name === undefined && head !== null) {
      body = [];
      if (head[2] === undefined) name = head[1];
      else functions.set(head[1] ?? '', head[2]);
    } else if (name !== undefined && line === '}') {
      functions.set(name, body.join('\n'));
      name = undefined;
    } else (name === undefined ? calls : body).push(line);
  }
  return { functions, calls: calls.join('\n') };
}

/** Words of a text that are names of functions: more than its calls, never fewer. */
function namesIn(text: string, all: ReadonlySet<string>): readonly string[] {
  const code = text
    .split('\n')
    .map((line) => line.replace(/(^|\s)#\s.*$/, ''))
    .join('\n');
  return [...new Set(code.match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? [])].filter((word) => all.has(word));
}

/** "late NAME" reads what stands behind the boot, and NAME in it. */
const late = /(?<![A-Za-z0-9_])late ([a-z_]+)/g;

/**
 * Functions behind the boot that a step gets as words, each with what executes them: it stands behind the boot too, or says
 * `late`.
 */
const handedOn: ReadonlyMap<string, string> = new Map([
  ['use_anyway', 'late "$@"'],
  ['leave_alone', 'late "$@"'],
  ['put_aside_or_refuse', 'late "$@"'],
  ['keep_paths', 'reset_to_factory'],
  ['store_identity', 'finish_boot'],
  ['record_base', 'finish_boot'],
  ['clear_uboot_env', 'reset_to_factory'],
  ['remember_button', 'reset_to_factory'],
]);

/** All that can be reached from a text in one part without anything else being read. */
function reached(text: string, { functions }: Part, all: ReadonlySet<string>): ReadonlySet<string> {
  const found = new Set<string>();
  const visit = (one: string): void => {
    for (const name of namesIn(one.replace(late, 'late'), all)) {
      if (found.has(name) || (handedOn.has(name) && !functions.has(name))) continue;
      found.add(name);
      // `begin` holds data, names of rungs among it.
      if (name !== 'begin') visit(functions.get(name) ?? '');
    }
  };
  visit(text);
  return found;
}

/** What is executed besides the points of entry. */
function executed(calls: string, entries: readonly (readonly string[])[]): string {
  const others = entries.reduce((text, [entry = '']) => text.replace(entry, ''), calls);
  return others.replace(/^#.*$/gm, '').trim();
}

/** Some boards have none anyway. */
function withoutHelper(text: string): string {
  return /^helper:/m.test(text) ? text : `${text}\nhelper: { enabled: false }\n`;
}

for (const name of names) {
  for (const helper of [false, true]) {
    test(`${name}, ${helper ? 'with' : 'without'} helper: every function is found where it is called`, async (t) => {
      const text = readFileSync(join(folder, name), 'utf8');
      const { script } = await renderBoard(helper ? text : withoutHelper(text));
      const boot = script.slice(0, script.indexOf(behind));
      const before = parse(boot);
      const after = parse(script.slice(boot.length));
      const whole: Part = { functions: new Map([...before.functions, ...after.functions]), calls: '' };
      const all = new Set(whole.functions.keys());
      const entries = [
        ...boot.matchAll(
          /^\[ "\$ovl_late" = reading \] \|\| (?:\[ -n "\$OVERLAYKIT_LATER" \] \|\| )?\{\n[^}]*^\}$/gm,
        ),
      ];
      t.is(entries.length, script.includes('plain_boot()') ? 2 : 1);
      t.is(executed(before.calls, entries), '', 'nothing is executed but at the points of entry');

      for (const { index, 0: calls } of entries) {
        const sofar = parse(script.slice(0, index));
        for (const called of reached(calls, sofar, all))
          t.true(sofar.functions.has(called), `${called} is called before it is there`);
        // The EXIT trap may come at any moment, also when nothing can be read any more.
        const [trap = ''] = /trap '[^']*' EXIT/.exec(calls) ?? [];
        const fallen = reached(trap, sofar, all);
        t.true(fallen.size > 0, trap);
        for (const called of fallen) {
          t.true(sofar.functions.has(called), `${trap} needs ${called}`);
          t.notRegex(sofar.functions.get(called) ?? '', late, `${trap} needs ${called}`);
        }
      }
      // What is called late is there once the rest was read, and what is handed on is executed by what is.
      for (const [one, body] of [...before.functions, ['the boot', before.calls] as const]) {
        for (const [, name = ''] of body.matchAll(late))
          t.true(whole.functions.has(name), `${one} calls ${name}, which is nowhere`);
        for (const name of namesIn(body, all))
          if (handedOn.has(name))
            t.notRegex(body, new RegExp(`(^|&&|\\|\\||[;{]|then|else|!) *${name}`, 'm'), one);
      }
      for (const [name, by] of handedOn) {
        if (!namesIn(boot, all).includes(name)) continue;
        t.true(
          by.startsWith('late ') ? boot.includes(by) : after.functions.has(by),
          `${by} executes ${name}`,
        );
      }
      // Behind the boot everything is there, and the last line goes on with the ladder.
      for (const [one, body] of after.functions)
        for (const called of namesIn(body, all))
          t.true(whole.functions.has(called), `${one} calls ${called}`);
      t.regex(after.calls, /climb_on "\$@"\n\}\s*$/);
      // Each function stands in the script once.
      const defined = [...script.matchAll(/^([a-z_]+)\(\) \{$/gm)].map(([, one]) => one);
      t.deepEqual(defined, [...new Set(defined)]);
    });
  }
}

test('what every boot may call says late before what stands behind it, on boards that are not shipped too', async (t) => {
  const { functions } = await loadShellLibrary();
  const behindIt = new Set(functions.filter(({ everyBoot }) => !everyBoot).map(({ name }) => name));
  const early = functions.filter(({ everyBoot }) => everyBoot);
  t.true(early.length > 40 && behindIt.size > 40);
  for (const { name, text } of early) {
    const direct = namesIn(text.replace(late, 'late'), behindIt).filter((one) => !handedOn.has(one));
    t.deepEqual(direct, [], `${name} stands before them`);
  }
});

test('the walk finds what is called too soon', (t) => {
  const part = parse('one() {\n  two || late four\n}\nthree() { one; }\n# three\none\n');
  t.deepEqual([...part.functions.keys()], ['one', 'three']);
  const all = new Set(['one', 'two', 'three', 'four']);
  t.deepEqual([...reached(part.calls, part, all)], ['one', 'two']);
  t.deepEqual(
    [...'late four; x_late two'.matchAll(late)].map(([, name]) => name),
    ['four'],
  );
});
