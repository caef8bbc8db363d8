/** `ovl completion`: a completion script, made from the command table. */
import { type CommandBody, loadCommand } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { type CompletionTable, completionTable } from '../completion/words.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { usageFailure } from '../usage.ts';

const shells: Readonly<Record<string, (table: CompletionTable) => string>> = {
  bash: bashCompletion,
  zsh: zshCompletion,
  fish: fishCompletion,
};

export const completion: CommandBody = {
  examples: [
    { line: 'ovl completion bash > ~/.local/share/bash-completion/completions/ovl', what: 'for bash' },
    { line: 'ovl completion zsh > ~/.zsh/completions/_ovl', what: 'for zsh, with that folder in fpath' },
    { line: 'ovl completion fish > ~/.config/fish/completions/ovl.fish', what: 'for fish' },
  ],
  arguments: [{ name: 'SHELL', what: 'bash, zsh or fish', required: true, completion: Object.keys(shells) }],
  options: [],
  exits: [],
  run: async ({ words: [shell = ''] }, { commands }) => {
    const write = Object.hasOwn(shells, shell) ? shells[shell] : undefined;
    if (write === undefined) {
      throw usageFailure('OVL004', `there is no completion for "${shell}"`, Object.keys(shells).join(', '));
    }
    const text = write(completionTable(await Promise.all(commands.map(loadCommand))));
    return { text, data: { shell, script: text }, diagnostics: [] };
  },
};
