/**
 * Ending what runs in a PID namespace so that nothing of it is left when its end is told: the kernel kills everything in
 * the namespace and waits for it when PID 1 of the namespace dies, and `unshare --fork` waits for that PID 1.
 */
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long the rest of a killed process group is waited for, in milliseconds. */
const reapMs = 5_000;

/** Process ids of the children of a process; none when it has ended. */
function childrenOf(pid: number): readonly number[] {
  return readOrEmpty(`/proc/${pid}/task/${pid}/children`).split(' ').filter(Boolean).map(Number);
}

/** Empty when the process has ended. */
function readOrEmpty(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}

/** This machine's process id of PID 1 of the namespace that `launcher` or a descendant of it made; undefined without one. */
export function initOf(launcher: number): number | undefined {
  for (const child of childrenOf(launcher)) {
    const init = isInit(child) ? child : initOf(child);
    if (init !== undefined) return init;
  }
  return undefined;
}

/** Kills PID 1 of the namespace below `launcher`; the launcher's process group where there is none yet. */
export function killNamespace(launcher: number): void {
  kill(initOf(launcher) ?? -launcher);
}

/** A process has one number in each PID namespace from ours down; those inside ours have at least one. */
function isInit(pid: number): boolean {
  const numbers = /^NSpid:\t(.*)$/m.exec(readOrEmpty(`/proc/${pid}/status`))?.[1]?.split('\t') ?? [];
  return numbers.length > 1 && numbers.at(-1) === '1';
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
