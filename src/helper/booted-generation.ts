/** The generation that this boot runs on, for the verbs that copy it, confirm it or go back from it. */
import { boardPaths } from '../shared/helper-protocol.ts';
import { inMemoryWords } from '../shared/verb-exit.ts';
import { adoptionWords } from './adoption.ts';
import { readBootStatus } from './boot-status.ts';
import { readStoragePlan } from './storage-plan.ts';
import type { BoardPort } from './storage-port.ts';
import { InMemory, Refused } from './trouble.ts';
import { inGeneration, inMemory } from './writable.ts';

/**
 * Reads it out of what overlay_init has noted of this boot.
 * @throws InMemory where changes are in memory, and Refused on other rungs without one: the storage is left as it is there
 */
export function bootedGeneration(port: BoardPort): number {
  const { rung, booted } = readBootStatus(port);
  const why = `this boot is on rung "${rung}": it uses no generation`;
  if (inMemory.includes(rung)) {
    const adopted = adoptionWords(port);
    // These changes are not lost, and a restart is no reset.
    if (adopted !== undefined) throw new Refused(`${why}; ${adopted}`);
    throw new InMemory(
      `${why}; ${inMemoryWords.forgotten}${hasStorage(port) ? `; ${inMemoryWords.kept}` : ''}`,
    );
  }
  if (!inGeneration.includes(rung)) throw new Refused(why);
  if (booted === undefined)
    throw new Refused(`${boardPaths.status} does not say which generation was booted`);
  return booted;
}

/** Whether the plan names something that `commit` could write to. */
function hasStorage(port: BoardPort): boolean {
  try {
    return readStoragePlan(port).fstype !== '';
  } catch (error) {
    if (error instanceof Refused) return false;
    throw error;
  }
}
