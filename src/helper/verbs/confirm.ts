/** `confirm`: this boot is a good one. */
import { verbExit } from '../../shared/report.ts';
import { confirmed } from '../../shared/state-changes.ts';
import { bootedGeneration } from '../boot-status.ts';
import { currentState, readSlots, writeState } from '../slots.ts';
import { openStorage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { Refused } from '../trouble.ts';
import { noWords } from '../words.ts';

export function confirm(port: BoardPort, words: readonly string[]): number {
  noWords(words);
  const booted = bootedGeneration(port);
  const storage = openStorage(port);
  return withState(port, storage, () => {
    const slots = readSlots(port, storage);
    const state = currentState(slots);
    if (booted !== state.active && booted !== state.trying)
      throw new Refused(`generation ${booted} runs, but generation ${state.active} is the active one by now`);
    // A flash wears out, and a timer confirms every boot.
    if (state.attempts === 0 && booted !== state.trying) {
      port.print(`generation ${booted} is confirmed already`);
      return verbExit.done;
    }
    writeState(port, storage, slots, confirmed(state, booted));
    port.print(`generation ${booted} is confirmed`);
    if (booted === state.trying && booted !== state.active)
      port.print(`generation ${state.active} is the one to go back to: overlay_helper rollback`);
    return verbExit.done;
  });
}
