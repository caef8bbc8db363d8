/** Which of the carried mounts are really there: a kernel without sysfs has no /sys to carry. */
import { readMounts } from './mounts.ts';
import { type Entry, isWithin } from './plan.ts';
import type { Port } from './port.ts';
import { attempt } from './trouble.ts';

/** The mounts to move, in the plan's order. What lies in one of them moves along with it. */
export function carriedMounts(port: Port, entry: Entry): readonly string[] {
  const mounts = attempt('cannot read the mount table', () => readMounts(port));
  const present: string[] = [];
  for (const path of entry.carried) {
    if (mounts.fstypeAt(path) === undefined) continue;
    if (present.some((moved) => isWithin(path, moved))) continue;
    present.push(path);
  }
  return present;
}
