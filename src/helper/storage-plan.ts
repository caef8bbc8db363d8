/** What plan.json says about the storage: how it is found, what it has to be like, how it is made. */
import { boardPaths } from '../shared/helper-protocol.ts';
import type { StorageAddress } from '../shared/step.ts';
import { bytesOf } from './bytes.ts';
import { isRecord } from './plan.ts';
import { readPlan } from './settings.ts';
import type { BoardPort } from './storage-port.ts';
import { Refused } from './trouble.ts';

export interface StoragePlan {
  readonly fstype: string;
  readonly address: StorageAddress;
  readonly sizeBytes: number | undefined;
  readonly minBytes: number | undefined;
  readonly maxBytes: number | undefined;
  readonly eraseBlockBytes: number | undefined;
  /** Options of its mount. */
  readonly options: readonly string[];
  /** Whether the boot makes a file system on a blank device. */
  readonly makesIfBlank: boolean;
}

/**
 * Reads how the storage is found and mounted, whether the ladder has a rung that uses it or not.
 * @throws Refused where the plan cannot be read or has no storage
 */
export function readStoragePlan(port: BoardPort): StoragePlan {
  const plan = readPlan(port);
  const steps = storageSteps(plan) ?? stepsOf(plan);
  const find = steps.find((step) => step.kind === 'find-storage');
  const mount = steps.find((step) => isRecord(step.source) && step.source.kind === 'storage');
  const address = find === undefined ? undefined : addressOf(find.address);
  const fstype = mount?.fstype;
  if (find === undefined || address === undefined || typeof fstype !== 'string')
    throw new Refused(`${boardPaths.plan} names no storage: there is nothing to keep changes on`);
  return {
    fstype,
    address,
    sizeBytes: bytes(find.sizeBytes),
    minBytes: bytes(find.minBytes),
    maxBytes: bytes(find.maxBytes),
    eraseBlockBytes: bytes(find.eraseBlockBytes),
    options: strings(mount?.options),
    makesIfBlank: fstype === 'jffs2' || mount?.makeIfBlank === true,
  };
}

type Fields = Readonly<Record<string, unknown>>;

function storageSteps(plan: unknown): readonly Fields[] | undefined {
  if (!isRecord(plan) || !isRecord(plan.storage)) return undefined;
  return [plan.storage.find, plan.storage.mount].filter(isRecord);
}

function strings(value: unknown): readonly string[] {
  const values: readonly unknown[] = Array.isArray(value) ? value : [];
  return values.filter((one): one is string => typeof one === 'string').map(bytesOf);
}

function stepsOf(plan: unknown): readonly Fields[] {
  const ladder: readonly unknown[] = isRecord(plan) && Array.isArray(plan.ladder) ? plan.ladder : [];
  const rung = ladder.filter(isRecord).find(({ name }) => name === 'persistent');
  const steps: readonly unknown[] = Array.isArray(rung?.steps) ? rung.steps : [];
  return steps.filter(isRecord);
}

function addressOf(value: unknown): StorageAddress | undefined {
  if (!isRecord(value)) return undefined;
  const { by, name, number, label, uuid, path } = value;
  if (by === 'mtd-name' && typeof name === 'string') return { by, name };
  if (by === 'mtd-number' && typeof number === 'number') return { by, number };
  if (by === 'label' && typeof label === 'string') return { by, label };
  if (by === 'uuid' && typeof uuid === 'string') return { by, uuid };
  if (by === 'path' && typeof path === 'string') return { by, path };
  return undefined;
}

function bytes(value: unknown): number | undefined {
  return typeof value === 'number' && value > 0 && value === Math.floor(value) ? value : undefined;
}
