/** The part of plan.json that the helper needs, checked: the file is read on a board, where anything may have happened to it. */
import { type MountPlan, planSchema } from '../shared/plan.ts';
import { bytesOf } from './bytes.ts';
import type { Port } from './port.ts';
import { reason } from './trouble.ts';

/** A plan has a few kilobytes; more is noise, and noise must not eat the memory of a small board. */
export const maxPlanBytes = 256 * 1024;
export const maxPlanDepth = 32;

/** How one rung is entered. All strings are byte strings. */
export interface Entry {
  readonly rung: string;
  /** File system type of the union that this rung mounts at `newRoot`. */
  readonly fstype: string;
  readonly how: 'pivot' | 'chroot';
  readonly newRoot: string;
  readonly oldRoot: string;
  readonly carried: readonly string[];
  readonly init: string;
  /** Whether the block devices of the read-only layers are made read-only. */
  readonly protect: boolean;
}

/**
 * Reads the plan and picks the rung.
 * @throws Error saying what is wrong with the file
 */
export function readEntry(port: Port, path: string, rung: string): Entry {
  return entryOf(parsedPlan(port, path), path, rung);
}

/**
 * The same of a plan that was read.
 * @throws Error saying what is wrong with it
 */
export function entryOf(plan: unknown, path: string, rung: string): Entry {
  const broken = (what: string) => new Error(`${path} is not a mount plan: ${what}`);
  if (!isRecord(plan)) throw broken('not an object');
  if (plan.schema !== planSchema)
    throw new Error(`${path} has another schema: ${schemaTrouble(plan.schema)}`);
  const { handOver, ladder } = plan as Unchecked<MountPlan>;
  if (!isRecord(handOver)) throw broken('no handOver');
  const { how, newRoot, oldRoot, carried, init } = handOver;
  if (how !== 'pivot' && how !== 'chroot') throw broken('handOver.how is neither pivot nor chroot');
  if (!isDirectoryPath(newRoot)) throw broken('handOver.newRoot');
  if (!isDirectoryPath(oldRoot)) throw broken('handOver.oldRoot');
  if (!Array.isArray(carried) || !carried.every(isDirectoryPath)) throw broken('handOver.carried');
  if (typeof init !== 'string' || !init.startsWith('/')) throw broken('handOver.init');
  const around = carried.find((mount) => isWithin(newRoot, mount));
  // The kernel answers ELOOP: a mount cannot be moved into what is mounted inside it.
  if (around !== undefined) throw broken(`handOver.newRoot lies in ${around}, which is carried`);
  return {
    rung,
    fstype: bytesOf(unionType(ladder, rung, newRoot, broken)),
    how,
    newRoot: bytesOf(newRoot),
    oldRoot: bytesOf(oldRoot),
    carried: carried.map(bytesOf),
    init: bytesOf(init),
    protect: handOver.protect === true,
  };
}

/** Whether a path is a directory or lies in it. */
export function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/**
 * The file as a value, unchecked.
 * @throws Error where it cannot be read
 */
export function parsedPlan(port: Port, path: string): unknown {
  try {
    return port.readJson(path, maxPlanBytes, maxPlanDepth);
  } catch (error) {
    throw new Error(reason(`cannot read ${path}`, error));
  }
}

function schemaTrouble(found: unknown): string {
  const name = typeof found === 'string' ? found.slice(0, 60) : 'none';
  return `${name}, this helper reads ${planSchema}; script, plan and helper belong to one bundle`;
}

/** The file system type that the verify step of the rung asks for at `newRoot`. */
function unionType(ladder: unknown, rung: string, newRoot: string, broken: (what: string) => Error): string {
  const rungs: readonly unknown[] = Array.isArray(ladder) ? ladder : [];
  const found = rungs.filter(isRecord).find((one) => one.name === rung);
  if (found === undefined) throw broken(`its ladder has no rung "${rung}"`);
  const steps: readonly unknown[] = Array.isArray(found.steps) ? found.steps : [];
  const verify = steps.filter(isRecord).find((step) => step.kind === 'verify');
  if (verify === undefined) throw broken(`rung "${rung}" has no verify step: it enters nothing`);
  if (verify.target !== newRoot) throw broken(`rung "${rung}" verifies another place than handOver.newRoot`);
  if (typeof verify.fstype !== 'string') throw broken(`rung "${rung}" names no file system type`);
  return verify.fstype;
}

type Unchecked<T> = { readonly [K in keyof T]?: unknown };

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** An absolute path other than `/`, with nothing in it to be resolved. */
export function isDirectoryPath(path: unknown): path is string {
  if (typeof path !== 'string' || !path.startsWith('/')) return false;
  return path
    .slice(1)
    .split('/')
    .every((part) => part !== '' && part !== '.' && part !== '..');
}
