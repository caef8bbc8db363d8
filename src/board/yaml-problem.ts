/** What can be wrong with the YAML of a board file, before any of its keys is looked at. */
import type { YAMLError } from 'yaml';
import type { Diagnostic, Place } from '../diagnostics/diagnostic.ts';
import { quoted } from '../diagnostics/escape.ts';
import type { Placer } from '../diagnostics/place.ts';

/** What yaml's codes mean to somebody who does not know YAML's grammar. Codes without a row keep yaml's own sentence. */
const explained: Partial<Record<YAMLError['code'], { readonly message: string; readonly fix: string }>> = {
  TAB_AS_INDENT: { message: 'a tab in the indentation', fix: 'indent with blanks; YAML forbids tabs there' },
  MULTILINE_IMPLICIT_KEY: {
    message: 'a line that is no "key: value"',
    fix: 'write a ":" and a blank after the key',
  },
  BLOCK_AS_IMPLICIT_KEY: {
    message: 'two keys in one line',
    fix: 'put the second on a line of its own, indented, or put text with ": " into quotes',
  },
  BAD_INDENT: {
    message: 'an indentation that fits no line above',
    fix: 'keys of one mapping, and the "-" of one list, begin in the same column',
  },
};

/**
 * @param quotes offsets at which quoted text begins: the last of them is the one that was not closed, since everything
 * behind an open quote belongs to it
 */
export function syntaxError(error: YAMLError, place: Placer, quotes: readonly number[]): Diagnostic {
  const said = { code: 'OVL104', severity: 'error', because: readNoFurther } as const;
  const quote = quotes.at(-1);
  if (error.code === 'MISSING_CHAR' && /closing .quote/.test(error.message) && quote !== undefined)
    return { ...said, message: 'not YAML: a quote that is not closed', place: place(quote, quote + 1) };

  const [start, end] = error.pos;
  const own = explained[error.code];
  if (own !== undefined)
    return { ...said, message: `not YAML: ${own.message}`, place: place(start, end), fix: own.fix };
  // yaml's sentences are one line each and end in ":" or "." where a frame would follow.
  const sentence = error.message.split('\n')[0]?.replace(/[:.]$/, '') ?? error.code;
  return {
    ...said,
    message: `not YAML: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`,
    place: place(start, end),
  };
}

const readNoFurther =
  'nothing behind a place that cannot be read can be trusted, so the rest was not looked at';

export function emptyFile(place: Place): Diagnostic {
  return {
    code: 'OVL101',
    severity: 'error',
    message: 'the board file is empty',
    place,
    because: 'it holds no key at all, only blanks and comments',
    fix: 'ovl init writes a commented board file to start from',
  };
}

export function secondDocument(place: Place): Diagnostic {
  return {
    code: 'OVL106',
    severity: 'error',
    message: 'the file holds more than one YAML document',
    place,
    because: 'a board file describes one board; "---" starts another document',
    fix: 'put each board into a file of its own',
  };
}

export function mergeKey(place: Place): Diagnostic {
  return {
    code: 'OVL107',
    severity: 'error',
    message: 'the merge key "<<" has no place in a board file',
    place,
    because: 'board files are plain YAML: what stands in one place means the same wherever it is read',
    fix: 'write the keys out',
  };
}

export function keyIsNoWord(place: Place): Diagnostic {
  return {
    code: 'OVL109',
    severity: 'error',
    message: 'this key is not a word',
    place,
    because: 'every key of a board file is a word; numbers, lists and mappings are values',
    fix: 'check the indentation and the ":" of this line',
  };
}

export function duplicateKey(name: string, place: Place, earlier: Place): Diagnostic {
  return {
    code: 'OVL105',
    severity: 'error',
    message: `the key ${quoted(name)} is given twice`,
    place,
    because: `it stands in line ${earlier.line} already; which of the two is meant cannot be known`,
    fix: 'keep one of them',
  };
}

export function prototypeKey(place: Place): Diagnostic {
  return {
    code: 'OVL110',
    severity: 'error',
    message: 'no mapping of a board file has the key "__proto__"',
    place,
    because: 'it is a word of JavaScript, with which values can be smuggled past checks',
    fix: 'leave it away',
  };
}
