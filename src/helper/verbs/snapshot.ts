/**
 * `snapshot`: copies the running generation into a new one. The system goes on meanwhile: each file is as it was when it was
 * read, and what is written while it is read is read again.
 */
import { verbExit } from '../../shared/verb-exit.ts';
import { bootedGeneration } from '../booted-generation.ts';
import { checkName } from '../generations.ts';
import { measure } from '../measure.ts';
import { makeGeneration, takeNumber, tellLacks } from '../new-generation.ts';
import { refuseTooLarge } from '../room.ts';
import { lockGenerations, openStorage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { openUpper } from '../upper.ts';
import { atMostOneWord } from '../words.ts';
import { refuseTaken } from './name.ts';

export function snapshot(port: BoardPort, words: readonly string[]): number {
  const given = atMostOneWord(words);
  if (given !== undefined) checkName(given);
  const from = bootedGeneration(port);
  const storage = openStorage(port);
  lockGenerations(port, storage);
  if (given !== undefined) refuseTaken(port, storage, given);
  const upper = openUpper(port, storage, from);
  const { bytes, inodes } = measure(port, upper);
  refuseTooLarge(port, { bytes, inodes });
  const number = withState(port, storage, () => takeNumber(port, storage, from));
  // Only what has a name is kept without having a part to play.
  const name = given ?? `snapshot-${number}`;
  const lacks = makeGeneration(port, storage, { number, from, upper, name });
  port.print(
    `generation ${number} "${name}" is a copy of generation ${from} bytes=${bytes} inodes=${inodes}`,
  );
  tellLacks(port, lacks);
  port.print(`boot it once with: overlay_helper try ${number}`);
  return verbExit.done;
}
