/** The whole helper as it is on a board, and with the compiler's sanitizers in its native module. */
import { helperScripts } from '../../src/toolchain/helper.ts';
import { type Kind, kinds } from './native-calls.ts';
import { programOf } from './sanitized.ts';

/** Paths of both programs. */
export async function helperPrograms(): Promise<ReadonlyMap<Kind, string>> {
  const scripts = await helperScripts();
  const programs = new Map<Kind, string>();
  for (const kind of kinds) programs.set(kind, await programOf(scripts, kind));
  return programs;
}
