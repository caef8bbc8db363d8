/** Which of the carried mounts are really there: a kernel without sysfs has no /sys to carry. */
import type { Mounts } from './mounts.ts';
import { type Entry, isWithin } from './plan.ts';

/** The mounts to move, in the plan's order. What lies in one of them moves along with it. */
export function carriedMounts(mounts: Mounts, entry: Entry): readonly string[] {
  const present: string[] = [];
  for (const path of entry.carried) {
    if (mounts.fstypeAt(path) === undefined) continue;
    if (present.some((moved) => isWithin(path, moved))) continue;
    present.push(path);
  }
  return present;
}
