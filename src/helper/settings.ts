/** What plan.json says about generations and resets. A plan that does not say, or cannot be read, leaves the defaults. */
import { boardPaths } from '../shared/helper-protocol.ts';
import { readBootStatus } from './boot-status.ts';
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
  /** Percent of a rung in memory in use at which people are warned; undefined for never. */
  readonly watermark: number | undefined;
}

const defaults: Settings = { most: 4, attempts: 3, keep: [], watermark: undefined };

/** Reads `generations.keep`, `generations.attempts`, `reset.keep` and `watermark` of the plan. */
export function readSettings(port: BoardPort): Settings {
  const plan = readPlan(port);
  if (!isRecord(plan)) return defaults;
  const generations = isRecord(plan.generations) ? plan.generations : {};
  const reset = isRecord(plan.reset) ? plan.reset : {};
  const keep: readonly unknown[] = Array.isArray(reset.keep) ? reset.keep : [];
  return {
    most: count(generations.keep, defaults.most),
    attempts: count(generations.attempts, defaults.attempts),
    keep: keep.filter(isDirectoryPath).map(bytesOf),
    watermark: percent(plan.watermark),
  };
}

/** plan.json as it stands; undefined where it cannot be read. */
export function readPlan(port: BoardPort): unknown {
  try {
    return port.readJson(planPath(port), maxPlanBytes, maxPlanDepth);
  } catch {
    return undefined;
  }
}

/** The plan that this boot was made by: of a release its own. */
function planPath(port: BoardPort): string {
  const release = runningRelease(port);
  return release === '' ? boardPaths.plan : `${boardPaths.releases}/${release}/plan.json`;
}

/** Its name; empty where there is none. It becomes part of a path, so anything odd is none. */
function runningRelease(port: BoardPort): string {
  try {
    const { release } = readBootStatus(port);
    return release.startsWith('.') || release.indexOf('/') !== -1 ? '' : release;
  } catch {
    return '';
  }
}

function count(value: unknown, otherwise: number): number {
  return typeof value === 'number' && value >= 1 && value === Math.floor(value) ? value : otherwise;
}

function percent(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 1 && value <= 99 ? value : undefined;
}
