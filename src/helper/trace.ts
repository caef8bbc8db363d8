/** Which functions an error came through, each with the offset in its bytecode; `ovl` makes lines of the source of them. */

/** Put in by the build: which script this is, with a digest; nothing in a test that runs in Node. */
declare const HELPER_SCRIPT: string | undefined;

/** How many of them are told. */
const most = 3;
const before = '    at ';

/** " at fill+33 < copyAll+120 in board-0123abcd", the innermost first; empty where that is not known. */
export function trace(error: Error): string {
  if (typeof HELPER_SCRIPT !== 'string') return '';
  const names = (error.stack ?? '')
    .split('\n')
    .map(placeOf)
    .filter((name) => name !== '');
  return names.length === 0 ? '' : ` at ${names.slice(0, most).join(' < ')} in ${HELPER_SCRIPT}`;
}

/** A function without a name is found in the one around it, and what only runs another one says nothing. */
function placeOf(line: string): string {
  if (!line.startsWith(before) || !line.includes('+') || line.includes('<')) return '';
  const place = line.slice(before.length);
  return place.startsWith('attempt') ? '' : place;
}
