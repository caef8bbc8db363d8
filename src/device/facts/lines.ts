/** The forms that facts come in: lines, words, NUL-ended strings. */

/** Lines that have something in them, without blanks around. */
export function lines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

/** The first line, where it has something in it. */
export function firstLine(text: string): string | undefined {
  return lines(text)[0];
}

/** A whole number of a bounded length; undefined for everything else. */
export function wholeNumber(text: string | undefined, radix: 10 | 16 = 10): number | undefined {
  const form = radix === 10 ? /^\d{1,15}$/ : /^[0-9a-fA-F]{1,12}$/;
  return text !== undefined && form.test(text) ? Number.parseInt(text, radix) : undefined;
}

/** The strings of a device tree property: each ended by NUL. */
export function deviceTreeStrings(text: string): readonly string[] {
  return text
    .split('\0')
    .map((one) => one.replace(/\n$/, ''))
    .filter((one) => one !== '');
}
