/** Ranges in the names of hosts, as Ansible writes them: board[01:12], rack[a:c], node[0:10:2]. */

/** Names that one pattern may stand for: a typing error must not fill the memory. */
export const mostNames = 4096;

const range = /\[([0-9]+|[a-z]|[A-Z]):([0-9]+|[a-z]|[A-Z])(?::([0-9]+))?\]/;

/**
 * All names that a pattern stands for, in order; a name without a range stands for itself.
 * @throws RangeError saying why a range is none, or that it is too long
 */
export function expandRanges(pattern: string): readonly string[] {
  const match = range.exec(pattern);
  if (match === null) return [pattern];
  const [text, first = '', last = '', step = '1'] = match;
  const before = pattern.slice(0, match.index);
  const rests = expandRanges(pattern.slice(match.index + text.length));
  const values = valuesOf(first, last, Number(step), pattern);
  if (values.length * rests.length > mostNames) throw new RangeError(`it is more than ${mostNames} names`);
  return values.flatMap((value) => rests.map((rest) => `${before}${value}${rest}`));
}

function valuesOf(first: string, last: string, step: number, pattern: string): readonly string[] {
  const isNumber = /^\d+$/.test(first);
  if (isNumber !== /^\d+$/.test(last)) throw new RangeError(`"${pattern}" mixes digits and letters`);
  const from = isNumber ? Number(first) : (first.codePointAt(0) ?? 0);
  const to = isNumber ? Number(last) : (last.codePointAt(0) ?? 0);
  if (step === 0) throw new RangeError(`"${pattern}" has steps of 0`);
  if (from > to) throw new RangeError(`"${pattern}" ends before it begins`);
  const length = Math.floor((to - from) / step) + 1;
  if (!(length <= mostNames)) throw new RangeError(`it is more than ${mostNames} names`);
  // A leading zero says how wide the numbers are.
  const width = first.startsWith('0') ? first.length : 0;
  return Array.from({ length }, (_, index) => {
    const value = from + index * step;
    return isNumber ? String(value).padStart(width, '0') : String.fromCodePoint(value);
  });
}
