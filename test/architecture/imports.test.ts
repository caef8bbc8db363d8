import test from 'ava';
import { build, transform } from 'esbuild';
import { parseModule, readModules } from '../support/import-graph.ts';
import { violations } from '../support/layers.ts';
import { projectFiles } from '../support/project-files.ts';

const paths = (await projectFiles()).filter((path) => path.startsWith('src/') && path.endsWith('.ts'));

test('every module of src/ keeps to the import table of DESIGN.md', async (t) => {
  const modules = await readModules(paths);
  t.true(modules.length > 50);
  const found = await Promise.all(
    modules.map(async (module) => violations(module, await onlyCode(module.code))),
  );
  t.deepEqual(found.flat(), []);
});

test('nothing of src/ imports the tests, and no import leads out of the project', async (t) => {
  const modules = await readModules(paths);
  const outside = modules.flatMap(({ path, imports }) =>
    imports
      .filter((name) => name.startsWith('test/') || name.startsWith('..'))
      .map((name) => `${path}: ${name}`),
  );
  t.deepEqual(outside, []);
});

test('the check sees every import that esbuild sees', async (t) => {
  const { metafile } = await build({
    entryPoints: [...paths],
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    outdir: 'unused',
    write: false,
    metafile: true,
    logLevel: 'silent',
    // The helper's own modules exist only inside QuickJS.
    external: ['std', 'os', 'bjson', '*.so'],
  });
  const modules = new Map((await readModules(paths)).map((module) => [module.path, module]));
  const missed = Object.entries(metafile.inputs).flatMap(([path, input]) =>
    input.imports
      .filter((one) => !modules.get(path)?.imports.includes(one.path))
      .map((one) => `${path}: ${one.path}`),
  );
  t.deepEqual(missed, []);
});

test('the check refuses what the table forbids', async (t) => {
  const refused: readonly (readonly [string, string])[] = [
    ['src/board/x.ts', "import { readFile } from 'node:fs/promises';"],
    ['src/board/x.ts', "import type { MountPlan } from '../plan/plan.ts';"],
    ['src/plan/x.ts', "import {\n  type A,\n  b,\n} from '../render/words.ts';"],
    ['src/shared/x.ts', "export * from '../board/schema.ts';"],
    ['src/diagnostics/x.ts', "const a = await import('zod');"],
    ['src/bundle/x.ts', "import { Client } from 'ssh2';"],
    ['src/lab/x.ts', "import { run } from '../cli/run.ts';"],
    ['src/helper/x.ts', "import { planBoard } from '../plan/plan.ts';"],
    ['src/render/x.ts', 'const when = Date.now();'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the code that is looked at
    ['src/render/x.ts', 'const when = `at ${Date.now()}`;'],
    ['src/union/x.ts', 'const home = process.env.HOME;'],
    ['src/utils/x.ts', ''],
  ];
  for (const [path, code] of refused) {
    t.is(violations(parseModule(path, code), await onlyCode(code)).length, 1, code);
  }
  t.deepEqual(violations(parseModule('src/render/x.ts', "import { planBoard } from '../plan/plan.ts';")), []);
});

/** Words in comments and texts are no code; what a template inserts is. */
async function onlyCode(text: string): Promise<string> {
  const { code } = await transform(text, { loader: 'ts', legalComments: 'none' });
  return code.replaceAll(/`(?:[^`\\]|\\.)*`|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/g, (literal) =>
    (literal.match(/\$\{[^}]*\}/g) ?? ["''"]).join('+'),
  );
}
