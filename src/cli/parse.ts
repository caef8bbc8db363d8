/** argv → what was asked for. Commander does the reading; what it knows of commands and options is the command table. */
import { Command as Commander, CommanderError, Option as CommanderOption } from 'commander';
import { Failure } from '../diagnostics/diagnostic.ts';
import { type Command, type CommandEntry, type Input, loadCommand, type Option } from './command.ts';
import { commandHelp, overview } from './help.ts';
import { type GlobalValues, globalOptions, readGlobals } from './options.ts';
import { usageOf } from './usage.ts';

export type Request =
  | { readonly kind: 'run'; readonly command: Command; readonly input: Input; readonly globals: GlobalValues }
  | { readonly kind: 'text'; readonly text: string; readonly globals: GlobalValues };

type Values = Readonly<Record<string, unknown>>;

/**
 * Reads the words after `ovl`. Only the command that was named is loaded.
 * @throws Failure OVL00x for a line that makes no sense
 */
export async function parse(
  argv: readonly string[],
  commands: readonly CommandEntry[],
  version: string,
): Promise<Request> {
  const program = addOptions(newCommander('ovl'), globalOptions)
    .enablePositionalOptions()
    .helpOption('-h, --help')
    .option('--version');
  let named: { readonly entry: CommandEntry; readonly words: readonly string[] } | undefined;
  const add = (name: string, action: (words: string[]) => void): void => {
    program
      .command(name)
      .argument('[words...]')
      .allowUnknownOption()
      .passThroughOptions()
      .helpOption(false)
      .action(action);
  };
  for (const entry of commands) {
    add(entry.name, (words) => {
      named = { entry, words };
    });
  }
  let helpFor: string | undefined;
  add('help', ([name]) => {
    helpFor = name ?? '';
  });

  const { head, tail } = splitAtDashes(argv);
  if (readWith(program, head, 'ovl --help') === 'help') helpFor = '';
  const before = program.opts<Values>();
  if (before.version === true) return text(version, before);
  const wanted = commands.find((entry) => entry.name === helpFor);
  if (wanted !== undefined) return text(commandHelp(await loadCommand(wanted)), before);
  if (helpFor !== undefined && helpFor !== '') {
    // Commander says what is wrong with the name, in the words it has for it.
    readWith(program, [helpFor], 'ovl --help');
  }
  if (named === undefined && tail.length > 0) readWith(program, tail, 'ovl --help');
  if (named === undefined) return text(overview(commands), before);
  return parseCommand(await loadCommand(named.entry), [...named.words, ...tail], before);
}

/** A lone "--" and what follows it are for the command alone: commander would take the "--" away on the first reading. */
export function splitAtDashes(argv: readonly string[]): Readonly<Record<'head' | 'tail', readonly string[]>> {
  const at = argv.indexOf('--');
  return at === -1 ? { head: argv, tail: [] } : { head: argv.slice(0, at), tail: argv.slice(at) };
}

function parseCommand(command: Command, words: readonly string[], before: Values): Request {
  const reader = addOptions(newCommander(`ovl ${command.name}`), [...command.options, ...globalOptions]);
  reader.helpOption('-h, --help').allowExcessArguments(false);
  for (const { name, required, repeats } of command.arguments) {
    const word = repeats === true ? `${name}...` : name;
    reader.argument(required ? `<${word}>` : `[${word}]`);
  }
  reader.action(() => undefined);
  const asked = readWith(reader, words, `ovl ${command.name} --help`);
  const after = reader.opts<Values>();
  if (asked === 'help') return text(commandHelp(command), before, after);
  return {
    kind: 'run',
    command,
    input: inputOf(command, reader.args, splitAtDashes(words).tail.slice(1), reader),
    globals: readGlobals(before, after),
  };
}

function text(body: string, ...given: readonly Values[]): Request {
  return { kind: 'text', text: `${body.trimEnd()}\n`, globals: readGlobals(...given) };
}

/** Lets commander read; its complaint becomes a Failure. */
function readWith(commander: Commander, argv: readonly string[], helpLine: string): 'read' | 'help' {
  try {
    commander.parse(argv, { from: 'user' });
    return 'read';
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const problem = usageOf(error, helpLine);
    if (problem !== undefined) throw new Failure(problem);
    return 'help';
  }
}

function newCommander(name: string): Commander {
  return new Commander(name)
    .exitOverride()
    .helpCommand(false)
    .configureOutput({ writeOut: () => undefined, writeErr: () => undefined });
}

function addOptions(commander: Commander, options: readonly Option[]): Commander {
  for (const { flags, what, choices } of options) {
    const option = new CommanderOption(flags, what);
    if (choices !== undefined) option.choices(choices);
    commander.addOption(option);
  }
  return commander;
}

function inputOf(
  command: Command,
  words: readonly string[],
  behindDashes: readonly string[],
  reader: Commander,
): Input {
  const find = (name: string): CommanderOption => {
    const option = reader.options.find((one) => one.long === `--${name}`);
    if (option === undefined) throw new Error(`ovl ${command.name} has no option --${name}`);
    return option;
  };
  return {
    words,
    allBehindDashes: words.length > 0 && words.length === behindDashes.length,
    flag: (name) => {
      const option = find(name);
      return reader.getOptionValue(option.attributeName()) === !option.negate;
    },
    value: (name) => {
      const value: unknown = reader.getOptionValue(find(name).attributeName());
      return typeof value === 'string' ? value : undefined;
    },
  };
}
