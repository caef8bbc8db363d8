/** A verb that changes what the next boot does: called, and what it said told on. */
import type { Device } from '../device/device.ts';
import { callPresentHelper, linesOf } from '../device/helper/call.ts';
import { changedOf } from '../device/helper/changed.ts';
import { visible } from '../diagnostics/escape.ts';
import type { BoardAnswer } from './fleet/on-boards.ts';

export interface ChangeOptions {
  readonly signal: AbortSignal;
  /** Longest time in milliseconds. */
  readonly deadlineMs?: number;
  /** What the board is like then, for a table; the last thing that it said where it is not given. */
  readonly state?: string;
}

/** @throws Failure OVL5xx, OVL620 to OVL622, OVL730 */
export async function changeBoard(
  device: Device,
  words: readonly [string, ...string[]],
  { signal, deadlineMs, state }: ChangeOptions,
): Promise<BoardAnswer> {
  const answer = await callPresentHelper(device, words, {
    effect: 'changes',
    signal,
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
  const { said, changed } = changedOf(linesOf(answer.stdout));
  return {
    text: [...said, ...answer.complaints].map((line) => `${visible(line)}\n`).join(''),
    data: { ...(changed === undefined ? {} : { changed }), said, complaints: answer.complaints },
    state: state ?? said.at(-1) ?? 'done',
    ...(answer.yes ? {} : { exit: 'no' as const }),
  };
}
