/**
 * What can be told from YAML's tokens alone, before any node is made of them: how deep they nest, and whether they are
 * plain. The walk keeps its own stack: a file of 60,000 brackets must not overflow the program's (and V8 ends the process,
 * beyond any catch, where a regular expression is compiled at the end of the stack).
 */
import type { CST } from 'yaml';
import type { Diagnostic, Place } from '../diagnostics/diagnostic.ts';
import { quoted } from '../diagnostics/escape.ts';
import type { Placer } from '../diagnostics/place.ts';

/** The deepest board file nests five levels. */
const deepest = 24;

/** Of each kind of thing that is not plain, this many are reported. */
const mostReported = 10;

export interface Inspection {
  readonly tooDeep: boolean;
  /** Where quoted text begins, in the order of the file. */
  readonly quotes: readonly number[];
  readonly diagnostics: readonly Diagnostic[];
}

export function inspectSyntax(tokens: readonly CST.Token[], place: Placer): Inspection {
  const diagnostics: Diagnostic[] = [];
  const quotes: number[] = [];
  const stack: { readonly token: CST.Token; readonly depth: number }[] = [];
  for (const token of [...tokens].reverse()) stack.push({ token, depth: 0 });

  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { token, depth } = next;
    if (depth > deepest)
      return { tooDeep: true, quotes, diagnostics: [tooDeep(place(token.offset, token.offset + 1))] };
    if (token.type.endsWith('-quoted-scalar')) quotes.push(token.offset);
    const reason = notPlain[token.type];
    if (reason !== undefined && diagnostics.length < mostReported)
      diagnostics.push(refused(reason, token as CST.SourceToken, place));
    const inner = partsOf(token);
    for (const part of inner.reverse()) stack.push({ token: part, depth: depth + 1 });
  }
  return { tooDeep: false, quotes, diagnostics };
}

/** The tokens inside a token, in the order of the file. */
function partsOf(token: CST.Token): CST.Token[] {
  const parts: (CST.Token | null | undefined)[] = [];
  if (token.type === 'document') parts.push(...token.start, token.value, ...(token.end ?? []));
  if ('items' in token) {
    for (const item of token.items) parts.push(...item.start, item.key, ...(item.sep ?? []), item.value);
  }
  if (token.type === 'block-scalar') parts.push(...token.props);
  return parts.filter((part) => part !== null && part !== undefined);
}

interface Reason {
  readonly what: string;
  readonly because: string;
  readonly fix: string;
}

const notPlain: Readonly<Record<string, Reason>> = {
  anchor: {
    what: 'anchor',
    because: 'an alias repeats what its anchor marks; nested, a few lines become gigabytes',
    fix: 'write the value out where it is needed',
  },
  alias: {
    what: 'alias',
    because: 'an alias repeats what its anchor marks; nested, a few lines become gigabytes',
    fix: 'write the value out here',
  },
  tag: {
    what: 'tag',
    because: 'a tag makes a value of another type than it looks like; board files say what they mean',
    fix: 'leave the tag away; put text into quotes',
  },
  directive: {
    what: 'directive',
    because: '%YAML 1.1 would change what words such as yes, no and 1:30 mean',
    fix: 'delete this line',
  },
};

function refused({ what, because, fix }: Reason, token: CST.SourceToken, place: Placer): Diagnostic {
  return {
    code: 'OVL107',
    severity: 'error',
    message: `the ${what} ${quoted(token.source)} has no place in a board file`,
    place: place(token.offset, token.offset + token.source.length),
    because,
    fix,
  };
}

function tooDeep(place: Place): Diagnostic {
  return {
    code: 'OVL108',
    severity: 'error',
    message: `nested deeper than ${deepest} levels`,
    place,
    because: 'no board needs more than five; a file like this is broken or hostile',
  };
}
