/** The one place where a value becomes shell text. */

/**
 * A value as one word of POSIX sh, whatever bytes it has. Inside single quotes nothing is special but the quote itself.
 * Plain words stay as they are, because the script is read by people.
 */
export function quote(value: string): string {
  if (value.includes('\0')) throw new RangeError('a NUL byte cannot be part of a shell word');
  if (/^[A-Za-z0-9_./:=@%+,-]+$/.test(value)) return value;
  return `'${value.replaceAll("'", "'\\''")}'`;
}

/**
 * A value as part of a comment or a message: one line, printable ASCII, nothing that a shell, a JSON string or a terminal
 * takes for anything else. Lossy on purpose; the exact value stands in the command itself.
 */
export function printable(value: string): string {
  return value.replaceAll('"', "'").replace(/[^ !#-[\]-~]/g, '?');
}
