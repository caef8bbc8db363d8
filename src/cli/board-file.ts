/** From the path of a board file to a plan: what most commands begin with. */
import { readBoard } from '../board/check.ts';
import type { CheckedBoard } from '../board/decode.ts';
import { type Diagnostic, Failure, failure, type Result, success } from '../diagnostics/diagnostic.ts';
import { planBoard } from '../plan/plan.ts';
import type { MountPlan } from '../shared/plan.ts';
import { readInput } from '../system/files.ts';
import type { Argument } from './command.ts';

/** Bytes; far above what the decoder takes, so that it is the decoder that says what a board file is. */
const limit = 16 * 1024 ** 2;

export interface PlannedBoard {
  readonly checked: CheckedBoard;
  readonly plan: MountPlan;
}

/** Reads, checks and plans a board; the diagnostics are everything that was found on the way. Never throws a Failure. */
export async function planFile(path: string): Promise<Result<PlannedBoard>> {
  const board = await readFile(path);
  if (!board.ok) return board;
  const plan = planBoard(board.value);
  const all = [...board.diagnostics, ...plan.diagnostics];
  return plan.ok ? success({ checked: board.value, plan: plan.value }, all) : failure(...all);
}

async function readFile(path: string): Promise<Result<CheckedBoard>> {
  try {
    return readBoard(path, await readInput(path, limit));
  } catch (error) {
    if (error instanceof Failure) return failure(...error.diagnostics);
    throw error;
  }
}

/** Throws what a Result reported where it has no value; else gives both. */
export function orThrow<T>(result: Result<T>): {
  readonly value: T;
  readonly diagnostics: readonly Diagnostic[];
} {
  if (!result.ok) throw new Failure(result.diagnostics);
  return result;
}

export const boardArgument: Argument = {
  name: 'BOARD',
  what: 'a board file',
  required: true,
  completion: 'file',
};
