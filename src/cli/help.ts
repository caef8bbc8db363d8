/** Help texts: what it does, examples first, then arguments and options, then exit codes. */
import type { Argument, Command, CommandEntry, Option } from './command.ts';
import { type ExitName, exitCodes } from './exit.ts';
import { globalOptions } from './options.ts';

/** What `ovl` alone and `ovl --help` print. */
export function overview(commands: readonly CommandEntry[]): string {
  return join([
    'ovl: makes a read-only firmware root writable, safely, from one board file',
    section('A first day', [
      ['ovl init -o my.yaml', 'write a commented board file'],
      ['ovl check my.yaml', 'find every problem in it'],
      ['ovl plan my.yaml', 'see what the board will do at boot'],
      ['ovl build my.yaml -o out', 'make the script, the helper and the bundle'],
      ['ovl lab my.yaml', 'boot it in a virtual board'],
    ]),
    section(
      'Commands',
      commands.map((one) => [one.name, one.summary]),
    ),
    section('General options', [
      ...globalOptions.map(optionRow),
      ['    --version', 'print the version'],
      helpRow,
    ]),
    '"ovl COMMAND --help" tells more about a command, "ovl explain CODE" about a diagnostic.',
  ]);
}

/** What `ovl COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  return join([
    `ovl ${command.name}: ${command.summary}`,
    section(
      'Examples',
      command.examples.map(({ line, what }) => [line, what]),
    ),
    `Usage\n  ${usageLine(command)}`,
    command.details ?? '',
    section(
      'Arguments',
      command.arguments.map(({ name, what }) => [name, what]),
    ),
    section('Options', command.options.map(optionRow)),
    section('General options', [...globalOptions.map(optionRow), helpRow]),
    section(
      'Exit codes',
      exitsOf(command).map((name) => [String(exitCodes[name].code), exitCodes[name].meaning]),
    ),
  ]);
}

/** "ovl check [OPTION...] BOARD...". */
export function usageLine(command: Command): string {
  return ['ovl', command.name, '[OPTION...]', ...command.arguments.map(argumentWord)].join(' ');
}

/** All exit codes of a command, in order: its own and those that every command has. */
export function exitsOf(command: Command): readonly ExitName[] {
  const names = new Set<ExitName>(['ok', 'usage', 'bug', 'interrupted', ...command.exits]);
  return [...names].toSorted((a, b) => exitCodes[a].code - exitCodes[b].code);
}

/** The option as help shows it, aligned whether or not it has a short form, with its choices. */
export function optionRow({ flags, what, choices }: Option): readonly [string, string] {
  const plain = flags.replaceAll(/[<>]/g, '');
  const left = plain.startsWith('--') ? `    ${plain}` : plain;
  return [left, choices === undefined ? what : `${what}: ${choices.join(', ')}`];
}

const helpRow: readonly [string, string] = ['-h, --help', 'show this text'];

function argumentWord({ name, required, repeats }: Argument): string {
  const word = repeats === true ? `${name}...` : name;
  return required ? word : `[${word}]`;
}

/** A heading and two columns; a left side too long for its column has the right side on a line of its own. */
function section(heading: string, rows: readonly (readonly [string, string])[]): string {
  if (rows.length === 0) return '';
  const width = Math.min(Math.max(...rows.map(([left]) => left.length)), 28);
  const lines = rows.flatMap(([left, right]) => {
    const column = wrap(right, textWidth - width - 4);
    const side =
      left.length > width
        ? [`  ${left}`, ...column.map((line) => `${' '.repeat(width + 4)}${line}`)]
        : undefined;
    return side ?? column.map((line, index) => `  ${(index === 0 ? left : '').padEnd(width)}  ${line}`);
  });
  return [heading, ...lines].join('\n');
}

const textWidth = 100;

/** Breaks a text at blanks. */
function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [''];
  for (const word of text.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines;
}

function join(parts: readonly string[]): string {
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}
