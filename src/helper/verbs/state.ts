/** `state`: what the slots hold, for whoever looks for a fault. */

import { type SlotContent, stateLine } from '../../shared/state.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { countingSlot, lookAtSlots } from '../slots.ts';
import { openStorage } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { noWords } from '../words.ts';

export function state(port: BoardPort, words: readonly string[]): number {
  noWords(words);
  const slots = lookAtSlots(port, openStorage(port));
  port.print(`a: ${content(slots.a)}`);
  port.print(`b: ${content(slots.b)}`);
  const counts = countingSlot(slots);
  port.print(`counts: ${counts ?? 'none'}`);
  return counts === undefined ? verbExit.no : verbExit.done;
}

function content(slot: SlotContent | undefined): string {
  if (slot === undefined) return 'missing';
  if (slot.kind === 'newer') return `newer, of version ${slot.version}`;
  if (slot.kind === 'damaged') return 'damaged';
  return stateLine(slot.state).slice(0, -1);
}
