/** `name`: a generation gets a name. */
import { verbExit } from '../../shared/verb-exit.ts';
import { bootedGeneration } from '../booted-generation.ts';
import { checkName, findGeneration, findGenerations } from '../generations.ts';
import { openStorage, type Storage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { attempt, Refused, WrongWords } from '../trouble.ts';

export function name(port: BoardPort, words: readonly string[]): number {
  const [word, given] = words;
  if (word === undefined || given === undefined || words.length !== 2) throw new WrongWords();
  checkName(given);
  bootedGeneration(port);
  const storage = openStorage(port);
  return withState(port, storage, () => {
    const { number } = findGeneration(port, storage, word);
    refuseTaken(port, storage, given, number);
    writeName(port, storage, String(number), given);
    port.print(`generation ${number} is called "${given}"`);
    return verbExit.done;
  });
}

/**
 * Two generations of one name would make the name useless.
 * @param own number of the generation that may have it already
 */
export function refuseTaken(port: BoardPort, storage: Storage, given: string, own?: number): void {
  const { generations } = findGenerations(port, storage);
  const taken = generations.find((one) => one.name === given && one.number !== own);
  if (taken !== undefined) throw new Refused(`generation ${taken.number} is called "${given}" already`);
}

/** Writes the name of a generation, whatever its directory is called at the moment. */
export function writeName(port: BoardPort, { generations }: Storage, directory: string, given: string): void {
  attempt(`cannot write /overlay/generations/${directory}/name`, () => {
    const inside = port.openIn(generations, directory);
    try {
      port.writeIn(inside, 'name', `${given}\n`);
      port.syncDirectory(inside);
      port.syncFileSystem(inside);
    } finally {
      port.close(inside);
    }
  });
}
