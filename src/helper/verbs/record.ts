/** `record`: notes what the base has under each change, so that the next base can be compared with it. */
import { verbExit } from '../../shared/verb-exit.ts';
import { remember } from '../base/remember.ts';
import { bootedGeneration } from '../booted-generation.ts';
import { openStorage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { noWords } from '../words.ts';

export function record(port: BoardPort, words: readonly string[]): number {
  noWords(words);
  const booted = bootedGeneration(port);
  const storage = openStorage(port);
  return withState(port, storage, () => {
    remember(port, storage, booted);
    return verbExit.done;
  });
}
