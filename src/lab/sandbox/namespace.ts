/**
 * Ending what runs in a PID namespace so that nothing of it is left when its end is told: the kernel kills everything in
 * the namespace and waits for it when PID 1 of the namespace dies, and `unshare --fork` waits for that PID 1.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long the rest of a killed process group is waited for, in milliseconds. */
const reapMs = 5_000;

/** Process ids of the children of a process; none when it has ended. */
export function childrenOf(pid: number): readonly number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1');
    return text.split(' ').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Kills PID 1 of the namespace that `launcher` made and waits for; the launcher and its group where there is none yet. */
export function killNamespace(launcher: number): void {
  const inside = childrenOf(launcher);
  for (const pid of inside.length > 0 ? inside : [-launcher]) kill(pid);
}

/** Kills a process group; processes that have ended already are no error. */
export function killGroup(leader: number): void {
  kill(-leader);
}

/** Waits until a killed process group is gone altogether: its streams close before its processes have ended. */
export async function groupGone(leader: number): Promise<void> {
  const until = Date.now() + reapMs;
  while (exists(-leader) && Date.now() < until) await sleep(10);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isGone(error)) throw error;
  }
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !isGone(error);
  }
}

function isGone(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ESRCH';
}
