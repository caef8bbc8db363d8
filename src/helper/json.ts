/** JSON text of a value. The engine is linked without its JSON object; this is all of it that reports need. */

/** One line of ASCII, for values made of records, lists, strings, numbers, booleans and null; undefined is left away. */
export function json(value: unknown): string {
  if (typeof value === 'string') return quoted(value);
  if (Array.isArray(value)) return `[${value.map(json).join(',')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  const members: string[] = [];
  for (const [name, member] of Object.entries(value as Readonly<Record<string, unknown>>)) {
    if (member !== undefined) members.push(`${quoted(name)}:${json(member)}`);
  }
  return `{${members.join(',')}}`;
}

const digits = '0123456789abcdef';

function quoted(text: string): string {
  let out = '"';
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === 0x22 || code === 0x5c) out += `\\${text.charAt(index)}`;
    else if (code >= 0x20 && code < 0x7f) out += text.charAt(index);
    else out += `\\u${hex(code >> 12)}${hex(code >> 8)}${hex(code >> 4)}${hex(code)}`;
  }
  return `${out}"`;
}

function hex(number: number): string {
  return digits.charAt(number & 15);
}
