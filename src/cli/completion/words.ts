/** The command table as a shell's completion needs it: words, and what follows them. */
import type { Command, Completion, Option } from '../command.ts';
import { globalOptions } from '../options.ts';

export interface CompletedOption {
  /** `-o`, `--output`: each with its dashes. */
  readonly names: readonly string[];
  readonly what: string;
  /** What the option's value is completed with; undefined where it takes none. */
  readonly value?: Completion;
}

export interface CompletedCommand {
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** What every argument of the command is completed with. */
  readonly arguments: readonly Completion[];
  /** Whether the last of them can be given more than once. */
  readonly repeats: boolean;
}

export interface CompletionTable {
  readonly commands: readonly CompletedCommand[];
  readonly general: readonly CompletedOption[];
}

export function completionTable(commands: readonly Command[]): CompletionTable {
  const general = [...globalOptions, { flags: '-h, --help', what: 'show help' }].map(completedOption);
  return {
    general,
    commands: commands.map((command) => ({
      name: command.name,
      summary: command.summary,
      options: [...command.options.map(completedOption), ...general],
      arguments: command.arguments.map((argument) => argument.completion),
      repeats: command.arguments.at(-1)?.repeats === true,
    })),
  };
}

function completedOption({ flags, what, choices, completion }: Option): CompletedOption {
  const names = [...flags.matchAll(/(?<=^|, )--?[A-Za-z][A-Za-z-]*/g)].map((match) => match[0]);
  const value = flags.includes('<') ? (choices ?? completion ?? 'none') : undefined;
  return { names, what, ...(value === undefined ? {} : { value }) };
}
