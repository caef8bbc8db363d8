/** What can be wrong with the YAML of a board file, before any of its keys is looked at. */
import type { YAMLError } from 'yaml';
import type { Diagnostic, Place } from '../diagnostics/diagnostic.ts';
import { quoted } from '../diagnostics/escape.ts';
import type { Placer } from '../diagnostics/place.ts';

export function syntaxError(error: YAMLError, place: Placer): Diagnostic {
  const [start, end] = error.pos;
  // yaml's sentences are one line each and end in ":" or "." where a frame would follow.
  const sentence = error.message.split('\n')[0]?.replace(/[:.]$/, '') ?? error.code;
  const tab = error.code === 'TAB_AS_INDENT';
  return {
    code: 'OVL104',
    severity: 'error',
    message: `not YAML: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)}`,
    place: place(start, end),
    because: 'nothing below a place that cannot be read can be trusted, so the rest was not looked at',
    ...(tab ? { fix: 'indent with blanks; YAML forbids tabs there' } : {}),
  };
}

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
