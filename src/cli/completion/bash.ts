/** The completion table as a script for bash 4 and later. */

import { quote } from '../../render/quote.ts';
import type { Completion } from '../command.ts';
import type { CompletedOption, CompletionTable } from './words.ts';

export function bashCompletion({ commands, general }: CompletionTable): string {
  const all = commands.flatMap((command) => command.options);
  const optionWords = (options: readonly CompletedOption[]): string =>
    reply(options.flatMap((option) => option.names));
  return `# bash completion for ovl, made by "ovl completion bash" from its command table
_ovl_reply() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen "$@" -- "$cur")
}

_ovl() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]} command='' at=1
  COMPREPLY=()
  while ((at < COMP_CWORD)); do
    case \${COMP_WORDS[at]} in
      ${patterns(all.filter((option) => option.value !== undefined))}) at=$((at + 1)) ;;
      -*) ;;
      *) command=\${command:-\${COMP_WORDS[at]}} ;;
    esac
    at=$((at + 1))
  done
  case $command:$prev in
${valueCases('', general)}
${commands.flatMap((command) => valueCases(command.name, command.options)).join('\n')}
  esac
  case $command:$cur in
    :-*) ${optionWords(general)} ;;
${commands.map((command) => `    ${command.name}:-*) ${optionWords(command.options)} ;;`).join('\n')}
    :*) ${reply([...commands.map((command) => command.name), 'help'])} ;;
    help:*) ${reply(commands.map((command) => command.name))} ;;
${commands
  .filter((command) => command.arguments.length > 0)
  .map((command) => `    ${command.name}:*) ${complete(merged(command.arguments))} ;;`)
  .join('\n')}
  esac
}

complete -F _ovl ovl
`;
}

/** "command:--option) ... return ;;" for each option that takes a value. */
function valueCases(command: string, options: readonly CompletedOption[]): string {
  return options
    .flatMap(({ names, value }) =>
      value === undefined
        ? []
        : [`    ${names.map((name) => `${command}:${name}`).join(' | ')}) ${complete(value)}; return ;;`],
    )
    .join('\n');
}

function patterns(options: readonly CompletedOption[]): string {
  return [...new Set(options.flatMap((option) => option.names))].join(' | ');
}

function complete(completion: Completion): string {
  switch (completion) {
    case 'file':
      return 'compopt -o filenames; _ovl_reply -f';
    case 'folder':
      return 'compopt -o filenames; _ovl_reply -d';
    case 'none':
      return 'COMPREPLY=()';
    default:
      return reply(completion);
  }
}

function reply(words: readonly string[]): string {
  return `_ovl_reply -W ${quote([...new Set(words)].join(' '))}`;
}

/** Bash is not told which argument it is at; where they differ, files are the most useful. */
function merged(completions: readonly Completion[]): Completion {
  const [first = 'none'] = completions;
  return completions.every((one) => one === first) ? first : 'file';
}
