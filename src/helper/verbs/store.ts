/** `store`: brings the stored identity up to date with what the running generation has. */
import { verbExit } from '../../shared/verb-exit.ts';
import { bootedGeneration } from '../booted-generation.ts';
import { storeIdentity } from '../identity.ts';
import { openStorage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { noWords } from '../words.ts';

export function store(port: BoardPort, words: readonly string[]): number {
  noWords(words);
  const booted = bootedGeneration(port);
  const storage = openStorage(port);
  const done = withState(port, storage, () => storeIdentity(port, storage, booted));
  port.print(done ? 'the identity is stored' : 'the stored identity is up to date');
  return verbExit.done;
}
