/** The argument that most commands have, and what they make of it. */
import { type Diagnostic, Failure, type Result } from '../diagnostics/diagnostic.ts';
import type { Argument } from './command.ts';

export const boardArgument: Argument = {
  name: 'BOARD',
  what: 'a board file',
  required: true,
  completion: 'file',
};

/** Throws what a Result reported where it has no value; else gives both. */
export function orThrow<T>(result: Result<T>): {
  readonly value: T;
  readonly diagnostics: readonly Diagnostic[];
} {
  if (!result.ok) throw new Failure(result.diagnostics);
  return result;
}
