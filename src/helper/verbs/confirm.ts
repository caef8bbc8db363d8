/** `confirm`: this boot is a good one. */

import { confirmed } from '../../shared/state-changes.ts';
import { changedLine, verbExit } from '../../shared/verb-exit.ts';
import { bootedGeneration } from '../booted-generation.ts';
import { storeIdentity } from '../identity.ts';
import { currentState, readSlots, writeState } from '../slots.ts';
import { openStorage, type Storage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { Refused, reason } from '../trouble.ts';
import { noWords } from '../words.ts';

export function confirm(port: BoardPort, words: readonly string[]): number {
  noWords(words);
  const booted = bootedGeneration(port);
  const storage = openStorage(port);
  return withState(port, storage, () => {
    const code = confirmIn(port, storage, booted);
    // The boot is confirmed, whatever becomes of the identity.
    try {
      storeIdentity(port, storage, booted);
    } catch (error) {
      port.complain(reason('overlay_helper: confirm: the identity could not be stored', error));
    }
    return code;
  });
}

function confirmIn(port: BoardPort, storage: Storage, booted: number): number {
  const slots = readSlots(port, storage);
  const state = currentState(slots);
  if (booted !== state.active && booted !== state.trying)
    throw new Refused(`generation ${booted} runs, but generation ${state.active} is the active one by now`);
  // A flash wears out, and a timer confirms every boot.
  if (state.attempts === 0 && booted !== state.trying) {
    port.print(`generation ${booted} is confirmed already`);
    port.print(changedLine.no);
    return verbExit.done;
  }
  writeState(port, storage, slots, confirmed(state, booted));
  port.print(`generation ${booted} is confirmed`);
  if (booted === state.trying && booted !== state.active)
    port.print(`generation ${state.active} is the one to go back to: overlay_helper rollback`);
  port.print(changedLine.yes);
  return verbExit.done;
}
