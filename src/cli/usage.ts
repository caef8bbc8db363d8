/** What is wrong with a command line, as a Diagnostic. */
import type { CommanderError } from 'commander';
import { type Diagnostic, Failure } from '../diagnostics/diagnostic.ts';

type UsageCode = 'OVL001' | 'OVL002' | 'OVL003' | 'OVL004' | 'OVL005' | 'OVL006';

const codeOf: Readonly<Record<string, UsageCode>> = {
  'commander.unknownCommand': 'OVL001',
  'commander.unknownOption': 'OVL002',
  'commander.missingArgument': 'OVL003',
  'commander.excessArguments': 'OVL003',
  'commander.optionMissingArgument': 'OVL004',
  'commander.invalidArgument': 'OVL004',
};

/** The Failure for a command line that a command cannot make sense of. */
export function usageFailure(code: UsageCode, message: string, fix?: string): Failure {
  return new Failure(usage(code, message, fix));
}

/** What commander found; undefined where it only stopped because help or the version was asked for. */
export function usageOf(error: CommanderError, helpLine: string): Diagnostic | undefined {
  const code = codeOf[error.code];
  if (code === undefined) return undefined;
  const [first = '', second] = error.message.split('\n');
  const suggestion = second === undefined ? undefined : /\(Did you mean (.*)\?\)/.exec(second)?.[1];
  return usage(
    code,
    first.replace(/^error: /, ''),
    suggestion === undefined ? helpLine : `${suggestion}   (did you mean this?)`,
  );
}

function usage(code: UsageCode, message: string, fix?: string): Diagnostic {
  return { code, severity: 'error', message, ...(fix === undefined ? {} : { fix }) };
}
