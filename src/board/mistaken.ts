/** Values of a wrong type. Most of them are right ones that YAML reads as something else, and then only quotes or a unit lack. */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { quoted } from '../diagnostics/escape.ts';
import { fieldAt, isSizeField, isTimeField, pathText } from './field.ts';
import type { Path } from './plain-yaml.ts';

type Said = Pick<Diagnostic, 'code' | 'message' | 'because' | 'fix'>;

/**
 * @param expected the type that the schema wants, in zod's words
 * @param plain the characters in the file, where the value stands there without quotes
 */
export function mistaken(expected: string, value: unknown, plain: string | undefined, path: Path): Said {
  const name = path.length === 0 ? 'the board file' : pathText(path);
  if (value === null || value === undefined) return nothingThere(expected, name, path);
  if (expected === 'string' && plain !== undefined && typeof value !== 'object')
    return typeof value === 'number' && needsUnit(path)
      ? withoutUnit(plain, path)
      : readAsOther(plain, value, name);
  if (expected === 'boolean' && typeof value === 'string') return noBoolean(value, name);
  return {
    code: 'OVL113',
    message: `${name} has to be ${typeNames[expected] ?? expected}, not ${typeOf(value)}`,
    ...description(path),
    ...(expected === 'array' && typeof value === 'string' ? { fix: `[${JSON.stringify(value)}]` } : {}),
    ...(isNumber(expected) && typeof value === 'string' && /^\d+$/.test(value)
      ? { fix: `${value}     (without quotes)` }
      : {}),
  };
}

const typeNames: Readonly<Record<string, string>> = {
  string: 'text',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
  number: 'a whole number',
  int: 'a whole number',
  boolean: 'true or false',
};

function isNumber(expected: string): boolean {
  return expected === 'number' || expected === 'int';
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  if (typeof value === 'string') return `the text ${quoted(value)}`;
  return typeof value === 'number' ? `the number ${value}` : String(value);
}

function nothingThere(expected: string, name: string, path: Path): Said {
  return {
    code: 'OVL113',
    message: `${name} has no value; it has to be ${typeNames[expected] ?? expected}`,
    ...description(path),
    fix: 'give it a value, indented below it where it is a mapping or a list, or leave the key away',
  };
}

function description(path: Path): { readonly because?: string } {
  const field = fieldAt(path)?.description;
  return field === undefined ? {} : { because: `${pathText(path)}: ${field}` };
}

function needsUnit(path: Path): boolean {
  const field = fieldAt(path);
  return isSizeField(field) || isTimeField(field) || pathText(path) === 'tmpfs.size';
}

function withoutUnit(plain: string, path: Path): Said {
  const said = { code: 'OVL115', message: `${quoted(plain)} has no unit` } as const;
  if (isTimeField(fieldAt(path)))
    return {
      ...said,
      because: 'a time is written with ms, s or min',
      fix: `${plain}s     (if seconds are meant)`,
    };
  const because =
    'a size is written with B, KiB, MiB or GiB, or in hexadecimal as /proc/mtd prints it, with 0x before it';
  // 00360000 is how /proc/mtd prints 3.4 MiB, and YAML reads it as the decimal number 360000.
  if (/^0\d{7}$/.test(plain))
    return { ...said, because, fix: `0x${plain}     (if it is copied from /proc/mtd)` };
  return { ...said, because, fix: `${plain}B     (if bytes are meant)` };
}

/** 5.10 is the number 5.1 in YAML, and true is no text. */
function readAsOther(plain: string, value: unknown, name: string): Said {
  const kind = typeof value === 'number' ? `the number ${value}` : String(value);
  return {
    code: 'OVL114',
    message: `${name}: ${plain} without quotes is ${kind}, not text`,
    because: 'YAML reads numbers, true and false as such; only quotes keep the characters as they are',
    fix: `"${plain}"`,
  };
}

function noBoolean(value: string, name: string): Said {
  const meant = { yes: 'true', on: 'true', true: 'true', no: 'false', off: 'false', false: 'false' }[
    value.toLowerCase()
  ];
  return {
    code: 'OVL113',
    message: `${name} has to be true or false, not the text ${quoted(value)}`,
    because: 'yes, no, on and off are plain words in YAML 1.2',
    ...(meant === undefined ? {} : { fix: meant }),
  };
}
