/** Paths as words of a line in the notes on the storage. */
const octal = '01234567';

/** A line has no blanks and no line ends but its own: such bytes become a backslash and three octal digits. */
export function escaped(path: string): string {
  let text = '';
  for (let at = 0; at < path.length; at++) {
    const code = path.charCodeAt(at);
    if (code > 0x20 && code < 0x7f && code !== 0x5c) text += path.charAt(at);
    else text += `\\${octal.charAt(code >> 6)}${octal.charAt((code >> 3) & 7)}${octal.charAt(code & 7)}`;
  }
  return text;
}

/** The path again. What is no escape of ours comes out as some other path, never as an error. */
export function unescaped(text: string): string {
  let path = '';
  for (let at = 0; at < text.length; at++) {
    if (text.charAt(at) !== '\\') {
      path += text.charAt(at);
      continue;
    }
    const digits = [1, 2, 3].map((next) => octal.indexOf(text.charAt(at + next)));
    path += String.fromCharCode(digits.reduce((sum, digit) => sum * 8 + digit, 0) & 0xff);
    at += 3;
  }
  return path;
}
