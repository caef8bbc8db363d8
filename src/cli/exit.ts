/** Exit codes: one table for the code, the help texts and the reference (DESIGN.md section 5). */
import type { Diagnostic } from '../diagnostics/diagnostic.ts';

export const exitCodes = {
  ok: { code: 0, meaning: 'ok' },
  no: { code: 1, meaning: "the question's answer is no" },
  usage: { code: 2, meaning: 'wrong usage of the command line' },
  invalid: { code: 3, meaning: 'the board file, the bundle or the image is invalid' },
  host: { code: 4, meaning: 'this machine lacks a tool, a file, a permission or room' },
  connection: { code: 5, meaning: 'the board cannot be reached or refuses the login; nothing was changed' },
  unsuitable: { code: 6, meaning: 'the board is unsuitable; nothing was changed' },
  rolledBack: { code: 7, meaning: 'the deployment failed; the board boots what it booted before' },
  unknown: { code: 8, meaning: 'the deployment failed and the state of the board is unknown' },
  bug: { code: 70, meaning: 'a bug in ovl' },
  interrupted: { code: 130, meaning: 'interrupted' },
} as const satisfies Record<string, { code: number; meaning: string }>;

export type ExitName = keyof typeof exitCodes;

/** The first digit of a diagnostic's code says what the exit code is. */
const exitOfGroup: Readonly<Record<string, ExitName>> = {
  '0': 'usage',
  '1': 'invalid',
  '2': 'invalid',
  '3': 'invalid',
  '4': 'host',
  '5': 'connection',
  '6': 'unsuitable',
  '8': 'invalid',
};

/** What a command that reported these exits with: the first error decides, warnings never do. */
export function exitOf(diagnostics: readonly Diagnostic[]): ExitName {
  const error = diagnostics.find((one) => one.severity === 'error');
  if (error === undefined) return 'ok';
  const group = error.code.slice(3, 4);
  if (group === '7')
    return error.boardState === 'rolled back' || error.boardState === 'unchanged' ? 'rolledBack' : 'unknown';
  return exitOfGroup[group] ?? 'bug';
}
