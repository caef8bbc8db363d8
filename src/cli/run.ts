/** argv → exit code: parse, run the command, report; whatever is thrown on the way is told from a bug of ours. */
import { chdir } from 'node:process';
import { Failure } from '../diagnostics/diagnostic.ts';
import { fileFailure } from '../system/files.ts';
import { packageVersion } from '../system/package-root.ts';
import type { Context, Outcome } from './command.ts';
import { commands } from './commands.ts';
import { interruptSignal } from './interrupt.ts';
import { type GlobalValues, readGlobals } from './options.ts';
import { parse, splitAtDashes } from './parse.ts';
import { report } from './report.ts';
import { wantsColor, write } from './terminal.ts';
import { traceProcesses } from './trace.ts';

/** Runs the words after `ovl`; returns what the process has to exit with. */
export async function run(argv: readonly string[]): Promise<number> {
  const signal = interruptSignal();
  let name = '';
  // Until the line is understood, --json has to be believed where it stands: a bad line gets its document too.
  let globals = readGlobals({ json: splitAtDashes(argv).head.includes('--json') });
  try {
    const request = await parse(argv, commands, packageVersion());
    globals = request.globals;
    if (request.kind === 'text') return await reportText(request.text, globals);
    name = request.command.name;
    enter(globals.directory);
    const context = contextOf(globals, signal);
    if (globals.verbose) traceProcesses(context.say);
    const outcome = await request.command.run(request.input, context);
    signal.throwIfAborted();
    return await report(name, outcome, globals);
  } catch (error) {
    return await reportThrown(name, error, globals, signal);
  }
}

async function reportText(text: string, globals: GlobalValues): Promise<number> {
  return report('', { text, data: { text }, diagnostics: [] }, globals);
}

async function reportThrown(
  name: string,
  error: unknown,
  globals: GlobalValues,
  signal: AbortSignal,
): Promise<number> {
  if (signal.aborted) {
    const outcome: Outcome = { data: { interrupted: true }, diagnostics: [], exit: 'interrupted' };
    return report(name, outcome, globals);
  }
  if (error instanceof Failure) return report(name, { data: {}, diagnostics: error.diagnostics }, globals);
  return reportBug(name, error, globals);
}

/** Everything that is not a Failure: the person cannot mend it, so it is said plainly, with what a report needs. */
async function reportBug(name: string, error: unknown, globals: GlobalValues): Promise<number> {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  await write(
    'stderr',
    [
      `this is a bug in ovl ${packageVersion()} (node ${process.version}, ${process.platform})`,
      stack,
      'Please report it with the lines above and the command line that was used.\n',
    ].join('\n'),
  );
  return report(name, { data: { bug: { stack } }, diagnostics: [], exit: 'bug' }, globals);
}

/** Does what -C says; paths are relative to there from now on. */
function enter(directory: string | undefined): void {
  if (directory === undefined) return;
  try {
    chdir(directory);
  } catch (error) {
    throw fileFailure(error, directory, 'read');
  }
}

function contextOf(globals: GlobalValues, signal: AbortSignal): Context {
  return {
    commands,
    version: packageVersion(),
    env: process.env,
    interactive:
      globals.input && !globals.json && process.stdin.isTTY === true && process.stderr.isTTY === true,
    json: globals.json,
    color: wantsColor('stdout', globals.color),
    signal,
    print: (text) => {
      if (!globals.json) process.stdout.write(text);
    },
    emit: (value) => {
      if (globals.json) process.stdout.write(`${JSON.stringify(value)}\n`);
    },
    say: (line) => {
      if (!globals.quiet) process.stderr.write(`${line}\n`);
    },
  };
}
