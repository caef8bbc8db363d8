/** `try`: another generation boots next, and stays only if it is confirmed. */

import { tried } from '../../shared/state-changes.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { acceptIdentity } from '../base/identity.ts';
import { bootedGeneration } from '../booted-generation.ts';
import { findGeneration } from '../generations.ts';
import { readSettings } from '../settings.ts';
import { currentState, readSlots, writeState } from '../slots.ts';
import { openStorage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { Refused } from '../trouble.ts';
import { oneWord } from '../words.ts';

export function tryOnce(port: BoardPort, words: readonly string[]): number {
  const word = oneWord(words);
  bootedGeneration(port);
  const storage = openStorage(port);
  return withState(port, storage, () => {
    const slots = readSlots(port, storage);
    const state = currentState(slots);
    const { number } = findGeneration(port, storage, word);
    if (number === state.active) throw new Refused(`generation ${number} is the active one; it boots anyway`);
    acceptIdentity(port, storage, number);
    writeState(port, storage, slots, tried(state, number));
    port.print(`generation ${number} boots next`);
    port.print(`it stays once it runs and says: overlay_helper confirm`);
    port.print(
      `after ${readSettings(port).attempts} boots without that, generation ${state.active} boots again`,
    );
    return verbExit.done;
  });
}
