/**
 * `overlay_helper boot PLAN DIGEST`: a whole boot in which nothing is wrong and nothing is asked for, in one process. It does what
 * overlay_init's functions of the same names do, and leaves the merged root as the root of PID 1, which then executes init.
 *
 * In: the plan, the storage, the mounts as the kernel made them. Out: nothing, or an error once all is as it was found.
 * Whatever is not plain is an error: overlay_init knows what to do.
 */
import { boardPaths, bootWord } from '../shared/helper-protocol.ts';
import type { BootPort } from './boot-port.ts';
import { runStep, type SoFar } from './boot-steps.ts';
import { goInside } from './enter.ts';
import { readMounts } from './mounts.ts';
import { entryOf, isRecord, parsedPlan } from './plan.ts';
import { settle } from './settle.ts';
import { attempt } from './trouble.ts';
import { type Undo, undoList } from './undo.ts';
import { verify } from './verify.ts';

/** Why a boot is not plain. `restored` is false where something could not be undone. */
export class NotPlain extends Error {
  readonly restored: boolean;

  constructor(why: string, restored: boolean) {
    super(why);
    this.restored = restored;
  }
}

/**
 * Boots.
 * @throws NotPlain with the reason, once everything that was done is undone
 */
export function boot(port: BootPort, path: string, digest: string): void {
  const undo = undoList(port);
  try {
    expectBoot(port);
    takeRung(port, undo, path, digest);
  } catch (error) {
    const restored = undo.rollBack();
    throw new NotPlain(error instanceof Error ? error.message : String(error), restored);
  }
}

/** By hand on a running system this would take the root away from everybody. */
function expectBoot(port: BootPort): void {
  if (port.pid === 1) throw new Error('PID 1 cannot end; overlay_init starts this as a child');
  if (!port.environment.includes(bootWord)) throw new Error('only overlay_init can start it');
  if (port.lstat(boardPaths.status) !== undefined) throw new Error('this system has booted already');
}

function takeRung(port: BootPort, undo: Undo, path: string, digest: string): void {
  const plan = parsedPlan(port, path);
  const [prepare, rung, name] = stepsOf(plan);
  const entry = entryOf(plan, path, name);
  const soFar: SoFar = {
    port,
    undo,
    stamps: '',
    storageType: storageType(rung),
    device: '',
    mounts: undefined,
    count: undefined,
  };
  for (const [index, step] of prepare.entries()) runStep(soFar, step, index + 1, false);
  expectNoSwitches(port);
  for (const [index, step] of rung.entries()) runStep(soFar, step, prepare.length + index + 1, true);
  const mounts = readMounts(port);
  verify(port, entry, mounts);
  settle(soFar, plan, name, digest);
  goInside(port, undo, entry, mounts);
  port.log(
    6,
    `overlay_helper: boot: rung ${name}: the root is ${entry.fstype}, overlay_init executes ${entry.init}`,
  );
}

type Fields = Readonly<Record<string, unknown>>;

function stepsOf(plan: unknown): readonly [readonly Fields[], readonly Fields[], string] {
  const ladder: readonly unknown[] = isRecord(plan) && Array.isArray(plan.ladder) ? plan.ladder : [];
  const [first] = ladder;
  if (!isRecord(plan) || !isRecord(first) || typeof first.name !== 'string')
    throw new Error('the plan has no ladder');
  return [fields(plan.prepare), fields(first.steps), first.name];
}

function storageType(steps: readonly Fields[]): string {
  const mount = steps.find(({ source }) => isRecord(source) && source.kind === 'storage');
  return typeof mount?.fstype === 'string' ? mount.fstype : '';
}

function fields(value: unknown): readonly Fields[] {
  const steps: readonly unknown[] = Array.isArray(value) ? value : [];
  return steps.filter(isRecord);
}

/** Whoever writes a switch on the kernel command line wants something else. */
function expectNoSwitches(port: BootPort): void {
  const words = attempt('cannot read /proc/cmdline', () => port.readFile('/proc/cmdline', 64 * 1024));
  if (words.startsWith('overlaykit=') || words.includes(' overlaykit='))
    throw new Error('the kernel command line asks for something');
}
