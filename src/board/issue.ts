/** What zod says about a value, said again with its place, its reason and what to type instead. */
import type { z } from 'zod';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { quoted } from '../diagnostics/escape.ts';
import { nearest } from '../diagnostics/suggest.ts';
import { fieldAt, isSizeField, keysAt, pathsOf, pathText } from './field.ts';
import type { JsonSchema } from './json-schema.ts';
import { mistaken } from './mistaken.ts';
import type { Path, PlainYaml } from './plain-yaml.ts';

type Issue = z.core.$ZodIssue;

/** The diagnostics of one issue: one for each unknown key, else one. */
export function explainIssue(issue: Issue, yaml: PlainYaml): readonly Diagnostic[] {
  const path = issue.path as Path;
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(path, key, yaml));
  return [yaml.entry(path) === undefined ? missingKey(path, yaml) : badValue(issue, path, yaml)];
}

function unknownKey(path: Path, key: string, yaml: PlainYaml): Diagnostic {
  const known = keysAt(path);
  const meant = nearest(key, known);
  const elsewhere = pathsOf(key).map(pathText);
  return {
    code: 'OVL110',
    severity: 'error',
    message: `${path.length === 0 ? 'a board file' : `"${pathText(path)}"`} has no key ${quoted(key)}`,
    place: yaml.entry([...path, key])?.key ?? yaml.where(path),
    because: `known here: ${known.join(', ')}`,
    ...(elsewhere.length > 0
      ? { fix: `it belongs to ${elsewhere.join(' or ')}` }
      : meant === undefined
        ? {}
        : { fix: suggestion(meant) }),
  };
}

function missingKey(path: Path, yaml: PlainYaml): Diagnostic {
  const key = String(path.at(-1));
  const parent = path.slice(0, -1);
  const field = fieldAt(path);
  return {
    code: 'OVL111',
    severity: 'error',
    message: `${parent.length === 0 ? 'the board file' : `"${pathText(parent)}"`} lacks the key "${key}"`,
    place: yaml.where(parent),
    ...(field?.description === undefined ? {} : { because: `${key}: ${field.description}` }),
    ...exampleFix(key, field),
  };
}

function exampleFix(key: string, field: JsonSchema | undefined): { readonly fix?: string } {
  if (field?.const !== undefined) return { fix: `${key}: ${JSON.stringify(field.const)}` };
  if (field?.enum !== undefined) return { fix: `${key}: one of ${field.enum.join(', ')}` };
  if (field?.required !== undefined) return { fix: `give it at least: ${field.required.join(', ')}` };
  const example = field?.examples?.[0];
  return example === undefined ? {} : { fix: `${key}: ${JSON.stringify(example)}     (for example)` };
}

function badValue(issue: Issue, path: Path, yaml: PlainYaml): Diagnostic {
  const place = yaml.where(path);
  const name = pathText(path);
  const value = valueAt(yaml.value, path);
  const error = { severity: 'error', place } as const;

  switch (issue.code) {
    case 'invalid_type':
      return { ...error, ...mistaken(issue.expected, value, yaml.entry(path)?.plain, path) };
    case 'invalid_value':
      return name === 'version'
        ? { ...error, ...otherVersion(value) }
        : { ...error, ...unknownWord(issue, value) };
    case 'invalid_format':
    case 'custom': {
      const [noun, rule] = halves(issue.message);
      const fix = mistakenFix(value, path);
      return {
        ...error,
        code: 'OVL116',
        message: `${quoted(String(value))} is not ${noun}`,
        because: rule,
        ...fix,
      };
    }
    case 'too_small':
    case 'too_big':
      return { ...error, ...outOfBounds(issue, name, value) };
    default:
      return { ...error, code: 'OVL116', message: `${name} cannot be used as it is: ${issue.message}` };
  }
}

/** Values copied from where boards print them: /proc/mtd has hexadecimal without 0x, uname -r a vendor's suffix. */
function mistakenFix(value: unknown, path: Path): { readonly fix?: string } {
  if (typeof value !== 'string') return {};
  if (isSizeField(fieldAt(path)) && /^0[0-9a-fA-F]{7}$/.test(value))
    return { fix: `0x${value}     (if it is copied from /proc/mtd)` };
  const release = /^\d+\.\d+(\.\d+)?(?=[-+~])/.exec(value)?.[0];
  return pathText(path) === 'kernel.version' && release !== undefined ? { fix: `"${release}"` } : {};
}

function unknownWord(
  issue: z.core.$ZodIssueInvalidValue,
  value: unknown,
): Pick<Diagnostic, 'code' | 'message' | 'because' | 'fix'> {
  const known = issue.values.map(String);
  const [noun, rule] = halves(issue.message);
  const meant = nearest(String(value), known);
  return {
    code: 'OVL112',
    message: `${quoted(shown(value))} is not ${noun}`,
    because: `${rule}; known: ${known.join(', ')}`,
    ...(meant === undefined ? {} : { fix: suggestion(meant) }),
  };
}

function otherVersion(value: unknown): Pick<Diagnostic, 'code' | 'message' | 'because' | 'fix'> {
  return {
    code: 'OVL118',
    message: `board file version ${quoted(shown(value))} is not known`,
    because:
      'this overlaykit reads version 1; a file of a later version may mean other things by the same keys',
    fix: 'version: 1',
  };
}

function outOfBounds(
  issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig,
  name: string,
  value: unknown,
): Pick<Diagnostic, 'code' | 'message' | 'because'> {
  const bound = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
  switch (issue.origin) {
    case 'string':
      return value === ''
        ? {
            code: 'OVL116',
            message: `${name} is empty text`,
            because: 'leave the key away where there is nothing to say',
          }
        : { code: 'OVL117', message: `${name} is longer than ${bound.slice(8)} characters` };
    case 'array':
      return { code: 'OVL117', message: `${name} has no entry`, because: `it needs ${bound} entry` };
    default:
      return { code: 'OVL117', message: `${name} is ${shown(value)}`, because: `it has to be ${bound}` };
  }
}

function suggestion(word: string): string {
  return `${word}            (did you mean this?)`;
}

/** The two halves that `must` wrote. */
function halves(message: string): readonly [string, string] {
  const at = message.indexOf('; ');
  return at === -1 ? [message, ''] : [message.slice(0, at), message.slice(at + 2)];
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
}

function valueAt(value: unknown, path: Path): unknown {
  let current = value;
  for (const part of path) current = (current as Record<string | number, unknown> | undefined)?.[part];
  return current;
}
