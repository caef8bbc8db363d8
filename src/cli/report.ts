/** What a command came to → stdout, stderr and the exit code; the same for every command. */
import { readFileSync, statSync } from 'node:fs';
import type { Diagnostic } from '../diagnostics/diagnostic.ts';
import { diagnosticJson, type FormatOptions, formatDiagnostics } from '../diagnostics/format.ts';
import type { Outcome } from './command.ts';
import { type ExitName, exitCodes, exitOf } from './exit.ts';
import type { GlobalValues } from './options.ts';
import { paint, wantsColor, write } from './terminal.ts';

/** Bytes of a file that a frame is cut out of; larger ones get none. */
const frameLimit = 1024 ** 2;

/**
 * Writes the result and what there is to say about it. Diagnostics come last: they are what should be left on the screen.
 * @param name of the command, for the document's schema; empty where no command was understood
 * @returns the exit code of the process
 */
export async function report(name: string, outcome: Outcome, globals: GlobalValues): Promise<number> {
  const exit = outcome.exit ?? exitOf(outcome.diagnostics);
  await write('stdout', globals.json ? document(name, outcome, exit) : (outcome.text ?? ''));
  if (outcome.diagnosticsAreText !== true || globals.json) await say(outcome.diagnostics, globals);
  return exitCodes[exit].code;
}

/** Diagnostics on stderr; with -q only the errors. */
async function say(diagnostics: readonly Diagnostic[], globals: GlobalValues): Promise<void> {
  const shown = diagnostics.filter((one) => !globals.quiet || one.severity === 'error');
  const options: FormatOptions = {
    source: readSource,
    ...(wantsColor('stderr', globals.color) ? { colour: paint } : {}),
  };
  await write('stderr', formatDiagnostics(shown, 'human', options));
}

/** The one document of --json. */
function document(name: string, outcome: Outcome, exit: ExitName): string {
  const value = {
    schema: name === '' ? 'ovl/1' : `ovl.${name}/1`,
    ok: exit === 'ok',
    problems: outcome.diagnostics.map(diagnosticJson),
    ...outcome.data,
  };
  return `${JSON.stringify(value, null, outcome.onOneLine === true ? undefined : 2)}\n`;
}

/** A file once more, for its frame. Not a pipe: it has been read empty, and opening it again could wait for ever. */
export function readSource(path: string): string | undefined {
  try {
    const { size } = statSync(path);
    return statSync(path).isFile() && size <= frameLimit ? readFileSync(path, 'utf8') : undefined;
  } catch {
    // Gone since: the diagnostic is shown without a frame.
    return undefined;
  }
}
