/** What plan.json says about generations and resets. A plan that does not say, or cannot be read, leaves the defaults. */
import { boardPaths } from '../shared/helper-protocol.ts';
import { bytesOf } from './bytes.ts';
import { isDirectoryPath, isRecord, maxPlanBytes, maxPlanDepth } from './plan.ts';
import type { BoardPort } from './storage-port.ts';

export interface Settings {
  /** How many generations may be on the storage at once. */
  readonly most: number;
  /** Boots that are not confirmed before another generation is taken. */
  readonly attempts: number;
  /** Paths that a factory reset keeps; byte strings. */
  readonly keep: readonly string[];
}

const defaults: Settings = { most: 4, attempts: 3, keep: [] };

/** Reads `generations.keep`, `generations.attempts` and `reset.keep` of the plan. */
export function readSettings(port: BoardPort): Settings {
  const plan = parsed(port);
  if (!isRecord(plan)) return defaults;
  const generations = isRecord(plan.generations) ? plan.generations : {};
  const reset = isRecord(plan.reset) ? plan.reset : {};
  const keep: readonly unknown[] = Array.isArray(reset.keep) ? reset.keep : [];
  return {
    most: count(generations.keep, defaults.most),
    attempts: count(generations.attempts, defaults.attempts),
    keep: keep.filter(isDirectoryPath).map(bytesOf),
  };
}

function parsed(port: BoardPort): unknown {
  try {
    return port.readJson(boardPaths.plan, maxPlanBytes, maxPlanDepth);
  } catch {
    return undefined;
  }
}

function count(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value >= 1 && value === Math.floor(value) ? value : otherwise;
}
