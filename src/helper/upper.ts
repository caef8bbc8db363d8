/** Where the upper directory of a generation is: its path for mounts, its descriptor for looking into it. */

import type { Storage } from './storage.ts';
import type { BoardPort } from './storage-port.ts';
import { attempt } from './trouble.ts';

/** As it stands in the options of the union's mount. */
export function upperOf(number: number): string {
  return `upperdir=/overlay/generations/${number}/upper`;
}

/** Opens the upper directory. */
export function openUpper(port: BoardPort, { generations }: Storage, number: number): number {
  return attempt(`cannot open /overlay/generations/${number}/upper`, () => {
    const generation = port.openIn(generations, String(number));
    try {
      return port.openIn(generation, 'upper');
    } finally {
      port.close(generation);
    }
  });
}
