/**
 * Before a new base: what the running one has under each change is noted on the storage, so that the next boot can tell what of the new
 * base a change hides. Every boot notes it in the background; what was edited since is added now.
 */
import { callHelper } from '../../device/helper/call.ts';
import { Failure } from '../../diagnostics/diagnostic.ts';
import { visible } from '../../diagnostics/escape.ts';
import { reasonOf } from '../reason.ts';
import type { Doing } from './step.ts';

const without = 'what was edited since the last boot cannot be compared with the new base';

/** A full flash is gone through in minutes. */
const longestMs = 10 * 60_000;

/**
 * The board boots the same whether it was noted or not, so a refusal ends nothing.
 * @returns what was done, for people
 * @throws Failure OVL5xx where the connection went
 */
export async function recordBase({ device, signal }: Doing): Promise<string> {
  const options = {
    effect: 'changes',
    deadlineMs: longestMs,
    ...(signal === undefined ? {} : { signal }),
  } as const;
  try {
    const answer = await callHelper(device, ['record'], options);
    if (answer === undefined) return `the board has no overlay_helper any more: ${without}`;
    return 'noted on the storage what the base of now has under each change';
  } catch (error) {
    if (!(error instanceof Failure) || !isAnswer(error)) throw error;
    return `nothing was noted (${visible(reasonOf(error))}): ${without}`;
  }
}

/** Whether the board has answered at all. */
function isAnswer({ diagnostics }: Failure): boolean {
  return diagnostics.every(({ code }) => /^OVL(62|73)/.test(code));
}
