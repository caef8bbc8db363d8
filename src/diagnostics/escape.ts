/**
 * Text from outside, made fit to be shown. Board files, images and boards are hostile: an escape sequence in a value must
 * not reach the terminal, where it could move the cursor, change the title or type into the shell.
 */

/** Control characters, line and paragraph separators, bidirectional overrides, other invisible marks, lone surrogates. */
const unfit = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Surrogate}]/gu;

/** The text on one line, with everything that a terminal would act on written as \xNN or \u{N}. */
export function visible(text: string): string {
  return text.replace(unfit, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\t') return '\\t';
    if (character === '\r') return '\\r';
    const code = character.codePointAt(0) ?? 0;
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

const longest = 60;

/** The value in double quotes, made visible, cut where it is long: for the sentence of a message. */
export function quoted(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
  return `"${visible(cut)}"`;
}
