/** What a verb that may find everything as it should be says of that, beside its lines for people. */
import { changedLine } from '../../shared/verb-exit.ts';

export interface Told {
  /** For people. */
  readonly said: readonly string[];
  /** Undefined where the helper is one of before, which says nothing of it. */
  readonly changed?: boolean;
}

/** @param lines of the verb's answer; the last one is for programs */
export function changedOf(lines: readonly string[]): Told {
  const last = lines.at(-1);
  if (last !== changedLine.yes && last !== changedLine.no) return { said: lines };
  return { said: lines.slice(0, -1), changed: last === changedLine.yes };
}
