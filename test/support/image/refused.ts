/** Runs something that must be refused, and gives the message as a person sees it, without the names of this run. */
import { readdirSync } from 'node:fs';
import type { ExecutionContext } from 'ava';
import { Failure } from '../../../src/diagnostics/diagnostic.ts';
import { formatDiagnostics } from '../../../src/diagnostics/format.ts';

export async function refused(
  t: ExecutionContext,
  folder: string,
  attempt: () => Promise<unknown>,
): Promise<string> {
  const before = readdirSync(folder).sort();
  try {
    await attempt();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    t.deepEqual(readdirSync(folder).sort(), before, 'nothing is left behind');
    return formatDiagnostics(error.diagnostics).replaceAll(folder, '').replaceAll('"/', '"');
  }
  throw new Error('it was not refused');
}
