/** The upper of this boot, whichever rung it is on: on the storage, or in memory. */
import { boardPaths } from '../shared/helper-protocol.ts';
import { readBootStatus } from './boot-status.ts';
import type { BoardPort } from './storage-port.ts';
import { attempt, Refused } from './trouble.ts';

export interface Writable {
  readonly rung: string;
  /** Whether it is lost when the power goes. */
  readonly volatile: boolean;
  /** The generation that it belongs to, or is laid over; undefined where there is none. */
  readonly booted: number | undefined;
  /** Descriptor of the upper directory. */
  readonly upper: number;
}

/** Rungs whose changes are in a generation on the storage. */
export const inGeneration: readonly string[] = ['persistent', 'previous'];
/** Rungs whose changes are lost when the power goes. */
export const inMemory: readonly string[] = ['committed', 'tmpfs'];

/**
 * Opens it.
 * @throws Refused on a rung without a union
 */
export function openWritable(port: BoardPort): Writable {
  const { rung, booted } = readBootStatus(port);
  const volatile = inMemory.includes(rung);
  if (!volatile && !inGeneration.includes(rung))
    throw new Refused(`this boot is on rung "${rung}": it has no upper`);
  if (!volatile && booted === undefined)
    throw new Refused(`${boardPaths.status} does not say which generation was booted`);
  const place = volatile
    ? `${boardPaths.storage}/upper`
    : `${boardPaths.storage}/generations/${booted}/upper`;
  return {
    rung,
    volatile,
    booted,
    upper: attempt(`cannot open ${place}`, () => port.openDirectory(place)),
  };
}
