/**
 * The mount table that a plan must produce, without running it. Tests compare it with what the kernel shows inside the
 * booted board.
 */
import type { MountPlan, RungName } from '../shared/plan.ts';
import { generationWord } from '../shared/step.ts';

export interface SimulatedMount {
  readonly target: string;
  readonly fstype: string;
  /** What /proc/mounts shows as the device; undefined where only the board knows it. */
  readonly source?: string;
  /** Options as the plan states them; empty for mounts that were there before. */
  readonly options: readonly string[];
}

/** A mount that is there when overlay_init starts, beside the root itself. */
export interface GivenMount {
  readonly target: string;
  readonly fstype: string;
}

/**
 * The mounts that init sees on a rung, in the order in which they were made, by their place in the merged root.
 *
 * @param given what the kernel or an initramfs has mounted before overlay_init starts; /dev, mostly
 * @param generation the generation that boots
 */
export function simulate(
  plan: MountPlan,
  rung: RungName,
  given: readonly GivenMount[] = [],
  generation = 1,
): readonly SimulatedMount[] {
  const before: SimulatedMount[] = [
    { target: '/', fstype: plan.root.fstype, options: [] },
    ...given.map((mount) => ({ ...mount, options: [] })),
  ];
  const table = plan.prepare.reduce(applyStep, before);
  const steps = plan.ladder.find(({ name }) => name === rung)?.steps ?? [];
  const merged = steps.reduce(applyStep, table);
  const named = merged.map((mount) => ({
    ...mount,
    options: mount.options.map((option) => option.replaceAll(generationWord, String(generation))),
  }));
  return steps.some((step) => step.kind === 'verify') ? enter(plan, named) : named;
}

function applyStep(table: readonly SimulatedMount[], step: MountPlan['prepare'][number]): SimulatedMount[] {
  if (step.kind !== 'mount') return [...table];
  if (step.unlessMounted && table.some(({ target }) => target === step.target)) return [...table];
  const source = step.source.kind === 'name' ? { source: step.source.name } : {};
  return [...table, { target: step.target, fstype: step.fstype, options: step.options, ...source }];
}

/** The union becomes /, the old root goes to its place below, what is carried keeps its path. */
function enter({ handOver }: MountPlan, table: readonly SimulatedMount[]): readonly SimulatedMount[] {
  const isCarried = (target: string): boolean =>
    handOver.carried.some((point) => target === point || target.startsWith(`${point}/`));
  return table.flatMap((mount): SimulatedMount[] => {
    if (mount.target === '/') return [{ ...mount, target: handOver.oldRoot }];
    if (mount.target === handOver.newRoot) return [{ ...mount, target: '/' }];
    if (isCarried(mount.target)) return [mount];
    // Left behind in the old root: pivot_root shows it there, a bind mount of / does not.
    return handOver.how === 'pivot' ? [{ ...mount, target: `${handOver.oldRoot}${mount.target}` }] : [];
  });
}
