/** `ovl explain`: the long text behind a code, a key of the board file, or a step of a plan. */
import { fieldAt, keysAt, pathsOf, pathText } from '../../board/field.ts';
import type { JsonSchema } from '../../board/json-schema.ts';
import { codes } from '../../diagnostics/codes/index.ts';
import { explain as explainCode, findCode } from '../../diagnostics/explain.ts';
import { nearest } from '../../diagnostics/suggest.ts';
import type { StepKind } from '../../shared/step.ts';
import { stepExplanations } from '../../steps/explain.ts';
import type { CommandBody, Outcome } from '../command.ts';
import { usageFailure } from '../usage.ts';

export const explain: CommandBody = {
  examples: [
    { line: 'ovl explain OVL401', what: 'what a diagnostic means and what to do about it' },
    { line: 'ovl explain storage.wait', what: 'what a key of the board file says' },
    { line: 'ovl explain find-storage', what: 'what a step of a plan does' },
    { line: 'ovl explain', what: 'list everything that can be explained' },
  ],
  details: `The name of a key is enough, without the groups it is in: "wait" for "storage.wait".`,
  arguments: [
    {
      name: 'WHAT',
      what: 'a code, a key of the board file or a step',
      required: false,
      completion: [...Object.keys(codes), ...Object.keys(stepExplanations), ...allKeys()],
    },
  ],
  options: [],
  exits: [],
  run: async ({ words: [what] }) => (what === undefined ? everything() : about(what)),
};

/** A word can be a step and a key at once, as "reset" is; then both are told. */
function about(what: string): Outcome {
  const found = [aboutStep(what), aboutCode(what), aboutKey(what)].filter((one) => one !== undefined);
  if (found.length === 0) return unknown(what);
  return {
    text: found.map((one) => one.text).join('\n'),
    data: Object.assign({}, ...found.map((one) => one.data)),
    diagnostics: [],
  };
}

function aboutStep(what: string): Outcome | undefined {
  if (!Object.hasOwn(stepExplanations, what)) return undefined;
  const { title, explanation } = stepExplanations[what as StepKind];
  return {
    text: `${what}: ${title}\n\n${explanation}\n`,
    data: { step: { name: what, title, explanation } },
    diagnostics: [],
  };
}

function aboutCode(what: string): Outcome | undefined {
  const code = findCode(what);
  return code && { text: explainCode(code), data: { code: { name: code, ...codes[code] } }, diagnostics: [] };
}

/** A key by its whole path, or every key that has this name. */
function aboutKey(what: string): Outcome | undefined {
  const path = what.split('.');
  const paths = fieldAt(path) === undefined ? pathsOf(what) : [path];
  if (what === '' || paths.length === 0) return undefined;
  return {
    text: paths.map(keyText).join('\n'),
    data: { keys: paths.map((one) => ({ key: pathText(one), ...fieldAt(one) })) },
    diagnostics: [],
  };
}

function keyText(path: readonly string[]): string {
  const field = fieldAt(path) ?? {};
  const lines = [
    `${pathText(path)}: ${field.description ?? 'a group of keys'}`,
    ...labelled('values', valuesOf(field)),
    ...labelled('default', field.default === undefined ? undefined : JSON.stringify(field.default)),
    ...labelled('example', field.examples?.map((one) => JSON.stringify(one)).join('   ')),
    ...keysAt(path).map((key) =>
      `  ${key.padEnd(20)}  ${fieldAt([...path, key])?.description ?? ''}`.trimEnd(),
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function valuesOf(field: JsonSchema): string | undefined {
  return field.enum?.map(String).join(', ') ?? (field.const === undefined ? undefined : String(field.const));
}

function labelled(label: string, text: string | undefined): readonly string[] {
  return text === undefined ? [] : [`  ${label.padEnd(8)}${text}`];
}

function everything(): Outcome {
  const rows = (entries: readonly (readonly [string, string])[]): string =>
    entries.map(([name, title]) => `  ${name.padEnd(14)}${title}`).join('\n');
  const steps = Object.entries(stepExplanations).map(([name, { title }]) => [name, title] as const);
  const titles = Object.entries(codes).map(([code, { title }]) => [code, title] as const);
  return {
    text: `Steps\n${rows(steps)}\n\nKeys of the board file\n  ${keysAt([]).join(', ')}\n\nCodes\n${rows(titles)}\n`,
    data: { steps: Object.fromEntries(steps), keys: allKeys(), codes: Object.fromEntries(titles) },
    diagnostics: [],
  };
}

function unknown(what: string): never {
  const near = nearest(what, [...Object.keys(codes), ...Object.keys(stepExplanations), ...allKeys()]);
  throw usageFailure(
    'OVL004',
    `nothing is known of "${what}"`,
    near === undefined ? 'ovl explain' : `${near}   (did you mean this?)`,
  );
}

/** Every path outside lists: "storage", "storage.find", "storage.find.mtd". */
function allKeys(path: readonly string[] = []): readonly string[] {
  return keysAt(path).flatMap((key) => [pathText([...path, key]), ...allKeys([...path, key])]);
}
