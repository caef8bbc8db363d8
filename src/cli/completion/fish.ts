/** The completion table as a script for fish. */

import { quote } from '../../render/quote.ts';
import type { Completion } from '../command.ts';
import type { CompletedCommand, CompletedOption, CompletionTable } from './words.ts';

export function fishCompletion({ commands, general }: CompletionTable): string {
  const names = commands.map((command) => command.name).join(' ');
  const unnamed = quote(`not __fish_seen_subcommand_from ${names} help`);
  return [
    '# fish completion for ovl, made by "ovl completion fish" from its command table',
    'complete -c ovl -f',
    ...general.map((option) => optionLine(unnamed, option)),
    ...commands.map(({ name, summary }) => `complete -c ovl -n ${unnamed} -a ${name} -d ${quoted(summary)}`),
    `complete -c ovl -n ${unnamed} -a help -d ${quoted('shows the help of a command')}`,
    `complete -c ovl -n ${quote('__fish_seen_subcommand_from help')} -a ${quoted(names)}`,
    ...commands.flatMap(commandLines),
    '',
  ].join('\n');
}

function commandLines(command: CompletedCommand): readonly string[] {
  const seen = quote(`__fish_seen_subcommand_from ${command.name}`);
  return [
    ...command.options.map((option) => optionLine(seen, option)),
    ...[...new Set(command.arguments.map(action))]
      .filter((words) => words !== '')
      .map((words) => `complete -c ovl -n ${seen} ${words}`),
  ];
}

function optionLine(condition: string, { names, what, value }: CompletedOption): string {
  const flags = names.map((name) => (name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`));
  const takes =
    value === undefined ? [] : ['-x', action(value).replace('-F', "-ka '(__fish_complete_path)'")];
  return ['complete -c ovl -n', condition, ...flags, ...takes, '-d', quoted(what)]
    .filter((part) => part !== '')
    .join(' ');
}

/** How complete(1) offers words; files are off unless they are asked for. */
function action(completion: Completion): string {
  switch (completion) {
    case 'file':
      return '-F';
    case 'folder':
      return "-a '(__fish_complete_directories)'";
    case 'none':
      return '';
    default:
      return `-a ${quoted(completion.join(' '))}`;
  }
}

/** In single quotes fish knows two escapes, and neither is POSIX's. */
function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
