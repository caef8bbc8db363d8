/**
 * What takes most of an upper, in a few names: single files where they are large, else the directory that many small ones
 * lie in. Nothing counts twice.
 */
import type { Grower } from '../shared/report.ts';
import { sorted } from './sorted.ts';
import type { StoragePort } from './storage-port.ts';
import { walk } from './walk.ts';

export type Rank = 'bytes' | 'inodes';

/** Files of one directory that may be named singly. */
const singles = 4;

interface Tally {
  bytes: number;
  inodes: number;
  /** The largest files, the largest first. */
  files: Grower[];
}

const emptyTally = (): Tally => ({ bytes: 0, inodes: 0, files: [] });

/** The first few by rank, the largest first. Memory does not grow with the tree. */
export function findGrowers(port: StoragePort, upper: number, rank: Rank, most: number): readonly Grower[] {
  let found: Grower[] = [];
  walk(port, upper, ({ path }) => {
    let tally = emptyTally();
    // A directory is read whole before those in it are entered, so its tally is complete by then.
    const settle = (): void => {
      for (const grower of growersOf(tally, `/${path('')}`, rank)) found = largest(found, grower, rank, most);
      tally = emptyTally();
    };
    return {
      file(_directory, name, { allocated, links }) {
        const bytes = Math.ceil(allocated / links);
        tally.bytes += bytes;
        tally.inodes += 1;
        const file = { path: `/${path(name)}`, directory: false, bytes, inodes: 1 };
        tally.files = largest(tally.files, file, 'bytes', singles);
      },
      enter: settle,
      leave: settle,
      closed: () => {},
    };
  });
  return found;
}

/** A file that makes up a quarter of its directory stands for itself; of inodes each file has but one. */
function growersOf({ bytes, inodes, files }: Tally, path: string, rank: Rank): readonly Grower[] {
  const single = files.filter((file) => rank === 'bytes' && file.bytes > 0 && file.bytes * singles >= bytes);
  const rest = {
    path,
    directory: true,
    bytes: single.reduce((left, file) => left - file.bytes, bytes),
    inodes: inodes - single.length,
  };
  return rest.inodes > 0 ? [...single, rest] : single;
}

function largest(list: readonly Grower[], one: Grower, rank: Rank, most: number): Grower[] {
  return sorted([...list, one], (a, b) => b[rank] - a[rank]).slice(0, most);
}
