/** `ovl check`: everything that is wrong with board files, all at once. */
import type { Diagnostic, Severity } from '../../diagnostics/diagnostic.ts';
import { formatDiagnostics, type Reporter, reporters, summaryLine } from '../../diagnostics/format.ts';
import { prepareBoard } from '../../toolchain/prepare-board.ts';
import { boardArgument } from '../board-file.ts';
import type { CommandBody } from '../command.ts';
import { exitOf } from '../exit.ts';

export const check: CommandBody = {
  examples: [
    { line: 'ovl check my.yaml', what: 'all problems, each with its place, its reason and what to do' },
    { line: 'ovl check --strict board-configs/*.yaml', what: 'warnings count too: exit code 1' },
    { line: 'ovl check --reporter gcc my.yaml', what: 'a line each, for editors and make' },
    { line: 'ovl check --reporter github my.yaml', what: 'annotations of a pull request' },
  ],
  details: `Nothing is changed and nothing is asked: a board file is checked by itself.`,
  arguments: [{ ...boardArgument, what: 'board files', repeats: true }],
  options: [
    { flags: '--strict', what: 'exit with 1 where there are warnings' },
    { flags: '--reporter <FORM>', what: 'form of the problems', choices: reporters },
  ],
  exits: ['no', 'invalid', 'host'],
  run: async ({ words, flag, value }) => {
    const files = await Promise.all(
      words.map(async (file) => ({ file, diagnostics: toldOnce((await prepareBoard(file)).diagnostics) })),
    );
    const diagnostics = files.flatMap((one) => one.diagnostics);
    const reporter = value('reporter') as Reporter | undefined;
    const summary = files.map((one) => `${summaryLine(one.diagnostics, one.file)}\n`).join('');
    const asText = reporter !== undefined && reporter !== 'human';
    const exit = exitOf(diagnostics);
    return {
      text: asText ? formatDiagnostics(diagnostics, reporter) : summary,
      diagnosticsAreText: asText,
      data: {
        files: files.map(({ file, diagnostics: found }) => ({
          file,
          errors: count(found, 'error'),
          warnings: count(found, 'warning'),
        })),
      },
      diagnostics,
      exit: exit === 'ok' && flag('strict') && count(diagnostics, 'warning') > 0 ? 'no' : exit,
    };
  },
};

/** A board that no plan can be made for yet is valid all the same: the check's warning says it, the plan's error would again. */
function toldOnce(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const warned = diagnostics.some((one) => one.code === 'OVL160');
  return warned ? diagnostics.filter((one) => one.code !== 'OVL212') : diagnostics;
}

function count(diagnostics: readonly Diagnostic[], severity: Severity): number {
  return diagnostics.filter((one) => one.severity === severity).length;
}
