/** The directories that the read-only root needs, because nothing can make them once it is mounted. */
import { boardPaths } from '../shared/helper-protocol.ts';
import type { MountPlan } from '../shared/plan.ts';

/** Every mount point of the plan that is not itself below another mount, and the old root's place. */
export function mountPoints(plan: MountPlan): readonly string[] {
  const targets = [...plan.prepare, ...plan.ladder.flatMap((rung) => rung.steps)].flatMap((step) =>
    step.kind === 'mount' ? [step.target] : [],
  );
  const all = [...new Set([...targets, boardPaths.oldRoot])];
  return all.filter((path) => !all.some((other) => path.startsWith(`${other}/`)));
}
