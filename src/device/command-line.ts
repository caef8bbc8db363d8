/** A Command as the one string that ssh carries, which the login shell of the board then takes apart. */
import { quote } from '../render/quote.ts';
import type { Command } from './device.ts';

export interface CommandLine {
  readonly line: string;
  /** What has to be sent on stdin before anything else. */
  readonly preamble: Uint8Array;
}

/** Dropbear refused longer commands until 2015 (MAX_CMD_LEN 1024, then 9000), and nothing is known of other servers. */
export const longestAnywhere = 1000;
const longestOfNewer = 8900;

/**
 * Most bytes of a command that a server takes. A longer one goes through stdin, which its shell reads byte by byte: a
 * system call for each.
 * @param software the server's name for itself, as "dropbear_2022.83"
 */
export function longestLine(software: string): number {
  const year = Number(/^dropbear_(\d{4})\./.exec(software)?.[1]);
  return year > 2015 || /^OpenSSH_\d/.test(software) ? longestOfNewer : longestAnywhere;
}

/** Dropbear's own $PATH lacked sbin until 2019; and a board's answers are to be read by a program. */
const surroundings =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is the board's shell that expands it
  'PATH="${PATH:-/bin}:/usr/sbin:/usr/bin:/sbin:/bin"; LC_ALL=C; export PATH LC_ALL';

/**
 * Reads lines of stdin with what every shell has built in, and no byte more than them, because what follows is the
 * command's own stdin. A shell that reads its script from stdin (sh -s) takes whole blocks.
 */
function loader(lastLine: string): string {
  return [
    'ovl_script=',
    `while IFS= read -r ovl_line && [ "$ovl_line" != ${lastLine} ]; do ovl_script="$ovl_script$ovl_line`,
    '"; done',
    'eval "$ovl_script"',
  ].join('\n');
}

/**
 * @param longest bytes (longestLine)
 * @throws RangeError where a word has a NUL byte
 */
export function commandLine(command: Command, longest: number = longestAnywhere): CommandLine {
  const text =
    command.kind === 'program'
      ? `exec ${command.words.map(quote).join(' ')}`
      : [`set -- ${command.words.map(quote).join(' ')}`, command.text].join('\n');
  const whole = `${surroundings}\n${text}`;
  const line = `exec /bin/sh -c ${quote(whole)}`;
  if (Buffer.byteLength(line) <= longest) return { line, preamble: new Uint8Array() };
  const lastLine = lineNotIn(whole);
  return {
    line: `exec /bin/sh -c ${quote(loader(lastLine))}`,
    preamble: Buffer.from(`${whole}\n${lastLine}\n`),
  };
}

/** Words may come from a hostile board, and may have any line. */
function lineNotIn(text: string): string {
  for (let number = 0; ; number++) {
    const line = `overlaykit-end-${number}`;
    if (!text.includes(line)) return line;
  }
}
