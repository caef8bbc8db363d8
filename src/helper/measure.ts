/** What a tree takes on the storage. */
import { isDirectory } from './mode.ts';
import type { FileStatus, StoragePort } from './storage-port.ts';
import { walk } from './walk.ts';

export interface Measure {
  readonly bytes: number;
  readonly inodes: number;
}

/** Measures a directory and everything in it. A file with several names counts once, as long as all are in the tree. */
export function measure(port: StoragePort, directory: number): Measure {
  let bytes = port.statIn(directory, '.')?.allocated ?? 0;
  let inodes = 1;
  walk(port, directory, () => ({
    // Shares of each name: remembering which inodes were seen would take memory without a bound.
    file(_directory, _name, { allocated, links }) {
      bytes += allocated / links;
      inodes += 1 / links;
    },
    enter(_above, _name, { allocated }) {
      bytes += allocated;
      inodes += 1;
    },
  }));
  // Thirds do not add up to whole numbers exactly.
  return { bytes: Math.ceil(bytes - 0.001), inodes: Math.ceil(inodes - 0.001) };
}

/** Measures what has a name in a directory, with everything in it where it is a directory itself. */
export function measureEntry(
  port: StoragePort,
  directory: number,
  name: string,
  status: FileStatus,
): Measure {
  if (!isDirectory(status.mode)) return { bytes: status.allocated, inodes: 1 };
  const inside = port.openIn(directory, name);
  try {
    return measure(port, inside);
  } finally {
    port.close(inside);
  }
}
