/** The completion table as a script for zsh. */

import { quote } from '../../render/quote.ts';
import type { Completion } from '../command.ts';
import type { CompletedCommand, CompletedOption, CompletionTable } from './words.ts';

export function zshCompletion({ commands, general }: CompletionTable): string {
  const list = commands.map(({ name, summary }) => `      ${quote(`${name}:${summary}`)}`);
  return `#compdef ovl
# zsh completion for ovl, made by "ovl completion zsh" from its command table
_ovl() {
  local context state line curcontext=$curcontext
  local -A opt_args
  _arguments -C \\
${general.flatMap(optionSpecs).map(continued).join('\n')}
    '1: :->command' \\
    '*:: :->words'
  case $state in
    command)
      local -a commands=(
${list.join('\n')}
      )
      _describe command commands
      ;;
    words)
      case $line[1] in
${commands.map(commandCase).join('\n')}
      esac
      ;;
  esac
}

if [ "$funcstack[1]" = _ovl ]; then
  _ovl "$@"
else
  compdef _ovl ovl
fi
`;
}

function commandCase(command: CompletedCommand): string {
  const specs = [...command.options.flatMap(optionSpecs), ...argumentSpecs(command)];
  return `        ${command.name}) _arguments ${specs.join(' ')} ;;`;
}

function continued(spec: string): string {
  return `    ${spec} \\`;
}

/** One spec a name: `'--output[what]:value:_files'`; an option that was given is still offered, as -v twice is useful. */
function optionSpecs({ names, what, value }: CompletedOption): readonly string[] {
  const text = what.replaceAll(/[[\]:\\]/g, '\\$&');
  return names.map((name) =>
    quote(`*${name}[${text}]${value === undefined ? '' : `:value:${action(value)}`}`),
  );
}

function argumentSpecs({ arguments: all, repeats }: CompletedCommand): readonly string[] {
  return all.map((completion, index) => {
    const last = index === all.length - 1;
    return quote(`${repeats && last ? '*' : index + 1}:argument:${action(completion)}`);
  });
}

function action(completion: Completion): string {
  switch (completion) {
    case 'file':
      return '_files';
    case 'folder':
      return '_files -/';
    case 'none':
      return ' ';
    default:
      return `(${completion.join(' ')})`;
  }
}
