/** docs/reference/cli.md, from the command table. */
import { type Command, type CommandEntry, loadCommand } from '../command.ts';
import { exitCodes } from '../exit.ts';
import { exitsOf, optionRow, usageLine } from '../help.ts';
import { globalOptions } from '../options.ts';

export async function cliReference(entries: readonly CommandEntry[]): Promise<string> {
  const commands = await Promise.all(entries.map(loadCommand));
  return `${[
    '# The command line',
    '<!-- Generated from src/cli/ by `npm run generate`. Do not edit. -->',
    'The result goes to stdout and nothing else does; talk, progress and problems go to stderr. A closed pipe is no error.',
    '## General options',
    'They may stand before the command as well as after it.',
    table(['option', 'meaning'], globalOptions.map(optionCells)),
    '## Exit codes',
    table(
      ['code', 'meaning'],
      Object.values(exitCodes).map(({ code, meaning }) => [String(code), meaning]),
    ),
    '## Environment',
    table(['variable', 'meaning'], environment),
    '## --json',
    jsonText,
    ...commands.flatMap(commandSection),
  ].join('\n\n')}\n`;
}

const environment: readonly (readonly [string, string])[] = [
  ['`NO_COLOR`, `FORCE_COLOR`', 'no colours, or colours where there is no terminal'],
  ['`SOURCE_DATE_EPOCH`', 'time of the files in a bundle and in an image, in seconds since 1970'],
  [
    '`OVL_APT_SOURCES`',
    "file with Debian sources for the lab's kernels and the helper's engine, in place of the machine's own or, where it is not Debian, of Debian's mirror",
  ],
  ['`OVL_QUICKJS_SOURCE`', "folder with the source of the helper's engine, in place of Debian's package"],
  [
    '`OVL_CACHE`',
    'folder for kernels, packages and built helpers; else `$XDG_CACHE_HOME/overlaykit` or `~/.cache/overlaykit`',
  ],
];

const jsonText = `With \`--json\` there is exactly one JSON document on stdout, on failure too: \`schema\` (\`ovl.COMMAND/1\`, or \`ovl/1\`
where no command was understood), \`ok\`, \`problems\` (the diagnostics, each with \`code\`, \`severity\`, \`message\` and where
they are known \`place\`, \`because\`, \`fix\`, \`boardState\`), and what the command adds.`;

function commandSection(command: Command): readonly string[] {
  return [
    `## ovl ${command.name}`,
    `\`${usageLine(command)}\` ${command.summary}.`,
    ...(command.details === undefined ? [] : [command.details]),
    `\`\`\`sh\n${command.examples.map(({ line, what }) => `${line}   # ${what}`).join('\n')}\n\`\`\``,
    ...(command.arguments.length === 0
      ? []
      : [
          table(
            ['argument', 'meaning'],
            command.arguments.map(({ name, what }) => [`\`${name}\``, what]),
          ),
        ]),
    ...(command.options.length === 0 ? [] : [table(['option', 'meaning'], command.options.map(optionCells))]),
    `Exit codes: ${exitsOf(command)
      .map((name) => exitCodes[name].code)
      .join(', ')}.`,
  ];
}

function optionCells(option: Parameters<typeof optionRow>[0]): readonly [string, string] {
  const [flags, what] = optionRow(option);
  return [`\`${flags.trim()}\``, what];
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
  return [line(heads), `|${heads.map(() => '---|').join('')}`, ...rows.map(line)].join('\n');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}
