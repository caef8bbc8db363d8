/** The whole helper as it is on a board, and with the compiler's sanitizers in its native module: built before the first test. */
import test from 'ava';
import { helperScripts } from '../../src/toolchain/helper.ts';
import { type Kind, kinds } from './native-calls.ts';
import { onRunningBoard, type RunningBoardOptions, type RunningBoardResult } from './running-board.ts';
import { programOf } from './sanitized.ts';

const programs = new Map<Kind, string>();
test.before('the helper is built', async () => {
  const scripts = await helperScripts();
  for (const kind of kinds) programs.set(kind, await programOf(scripts, kind));
});

/** Path of one of them; for tests, not for what runs before them. */
export function helperProgram(kind: Kind): string {
  const path = programs.get(kind);
  if (path === undefined) throw new Error(`the helper (${kind}) is not built yet`);
  return path;
}

/** A running board with one of them. */
export async function onHelperBoard(
  kind: Kind,
  options: Omit<RunningBoardOptions, 'helper'>,
): Promise<RunningBoardResult> {
  return onRunningBoard({ helper: helperProgram(kind), ...options });
}
