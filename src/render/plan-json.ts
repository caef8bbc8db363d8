/** plan.json: the plan as the helper and other programs read it. */
import type { MountPlan } from '../shared/plan.ts';

/** Stable text: keys in the order of the value, two spaces, a final newline. Its SHA-256 is the plan digest. */
export function planJson(plan: MountPlan): string {
  return `${JSON.stringify(plan, null, 2)}\n`;
}
