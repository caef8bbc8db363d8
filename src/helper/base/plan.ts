/** What plan.json says about the base: the layers below the upper, and what a change of them means. */
import { type BasePolicy, basePolicies } from '../../shared/base.ts';
import { boardPaths } from '../../shared/helper-protocol.ts';
import { bytesOf } from '../bytes.ts';
import { isRecord, maxPlanBytes, maxPlanDepth } from '../plan.ts';
import type { BoardPort } from '../storage-port.ts';
import { Refused, reason } from '../trouble.ts';
import { Lower } from './lower.ts';
import { type UpperSystem, upperSystems } from './upper.ts';

export interface BasePlan {
  readonly system: UpperSystem;
  /** Topmost first; "/" is the root image. Byte strings. */
  readonly lowerdirs: readonly string[];
  readonly policy: BasePolicy;
}

/** The plan's step `check-base`; undefined where there is no such step. */
export function readBasePlan(port: BoardPort): BasePlan | undefined {
  const plan = parsed(port);
  const ladder: readonly unknown[] = isRecord(plan) && Array.isArray(plan.ladder) ? plan.ladder : [];
  for (const rung of ladder) {
    const steps: readonly unknown[] = isRecord(rung) && Array.isArray(rung.steps) ? rung.steps : [];
    const step = steps.filter(isRecord).find(({ kind }) => kind === 'check-base');
    const system = upperSystems.find((one) => one === step?.system);
    const policy = basePolicies.find((one) => one === step?.policy);
    if (step === undefined || system === undefined || policy === undefined) continue;
    const dirs: readonly unknown[] = Array.isArray(step.lowerdirs) ? step.lowerdirs : [];
    const lowerdirs = dirs.filter((path): path is string => typeof path === 'string' && path.startsWith('/'));
    return { system, policy, lowerdirs: lowerdirs.map(bytesOf) };
  }
  return undefined;
}

function parsed(port: BoardPort): unknown {
  try {
    return port.readJson(boardPaths.plan, maxPlanBytes, maxPlanDepth);
  } catch {
    return undefined;
  }
}

/**
 * The plan's layers, opened.
 * @param root where the root image is: "/" before the union is entered
 * @throws Refused where one of them is not there
 */
export function openLower(port: BoardPort, { lowerdirs }: BasePlan, root: string): Lower {
  const roots: number[] = [];
  for (const path of lowerdirs) {
    const place = path === '/' ? root : path;
    try {
      roots.push(port.openDirectory(place));
    } catch (error) {
      throw new Refused(reason(`cannot look at the layer ${place}`, error));
    }
  }
  return new Lower(port, roots);
}
