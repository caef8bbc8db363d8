/** `rollback`: the previous generation, or another one, is the active one from the next boot on. */

import type { State } from '../../shared/state.ts';
import { rolledBack, untried } from '../../shared/state-changes.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { acceptIdentity } from '../base/identity.ts';
import { bootedGeneration } from '../booted-generation.ts';
import { findGeneration, isComplete } from '../generations.ts';
import { currentState, readSlots, type Slots, writeState } from '../slots.ts';
import { openStorage, type Storage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { Refused } from '../trouble.ts';
import { atMostOneWord } from '../words.ts';

export function rollback(port: BoardPort, words: readonly string[]): number {
  const word = atMostOneWord(words);
  const booted = bootedGeneration(port);
  const storage = openStorage(port);
  return withState(port, storage, () => {
    const slots = readSlots(port, storage);
    const state = currentState(slots);
    if (word === undefined && state.trying !== undefined) return endTry(port, storage, slots, state);
    const number =
      word === undefined ? previous(port, storage, state) : findGeneration(port, storage, word).number;
    if (number === state.active && state.trying === undefined)
      throw new Refused(`generation ${number} is the active one already`);
    acceptIdentity(port, storage, number);
    writeState(port, storage, slots, rolledBack(state, number));
    port.print(`generation ${number} is active from the next boot on; until then generation ${booted} runs`);
    if (number !== state.active)
      port.print(`generation ${state.active} is the one to go back to: overlay_helper rollback`);
    return verbExit.done;
  });
}

/** What is being tried has not replaced the active generation yet: that one is what to go back to. */
function endTry(port: BoardPort, storage: Storage, slots: Slots, state: State): number {
  writeState(port, storage, slots, untried(state));
  port.print(`generation ${state.trying} is not tried any more; generation ${state.active} boots next`);
  return verbExit.done;
}

function previous(port: BoardPort, storage: Storage, state: State): number {
  if (state.previous === undefined) throw new Refused('there is no generation to go back to');
  if (!isComplete(port, storage, state.previous))
    throw new Refused(`generation ${state.previous}, the one to go back to, is not there`);
  return state.previous;
}
