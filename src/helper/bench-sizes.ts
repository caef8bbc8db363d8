/** What `bench` can afford on a board: which sizes of files, so that neither the flash, the room nor the memory suffers. */
import type { BoardPort } from './storage-port.ts';
import { Refused } from './trouble.ts';

/** Small files of each round and side, and their bytes. */
export const small = { count: 16, bytes: 1024 } as const;

/** Files of the base, in bytes; the first one is always measured. */
const sizes = [4 << 10, 64 << 10, 1 << 20, 8 << 20];

/** What a storage needs beside the files: the state, and what a log-structured file system cleans with. */
const reserve = 128 * 1024;
/** Free room and memory have to be so many times what is there at once. */
const margin = 4;
const inodes = 256;

export interface Affordable {
  readonly sizes: readonly number[];
  /** What was left away, and why. */
  readonly left: readonly string[];
  /** Memory that the base of the unions takes. */
  readonly memory: number;
}

/**
 * Chooses the sizes.
 * @param budget bytes that may be written to the storage
 * @throws Refused where there is not even room for the smallest
 */
export function affordable(port: BoardPort, place: string, budget: number, rounds: number): Affordable {
  const { blockSize, available, files, freeFiles } = port.statfs(place);
  const bytes = available * blockSize;
  const room = bytes < reserve ? 0 : bytes - reserve;
  const free = freeMemory(port);
  const chosen: number[] = [];
  const left: string[] = [];
  let written = 2 * rounds * (small.count * small.bytes + changedBytes);
  let memory = 0;
  for (const size of sizes) {
    const both = 2 * rounds * (size + changedBytes);
    const why = lack(size, {
      'bytes may be written': [written + both, budget],
      'bytes of room are free': [margin * (size + small.count * small.bytes), room],
      'bytes of memory are free': [margin * (memory + size), free],
    });
    if (why === undefined) {
      chosen.push(size);
      written += both;
      memory += size;
    } else if (chosen.length === 0) throw new Refused(why);
    else left.push(why);
  }
  if (files > 0 && freeFiles < inodes)
    throw new Refused(`no room: ${freeFiles} inodes are free, ${inodes} are needed`);
  return { sizes: chosen, left, memory: 2 * memory + (1 << 20) };
}

/** Of a file that is there already: CHANGED_BYTES of native/timing.c. */
export const changedBytes = 512;

function lack(size: number, bounds: Readonly<Record<string, readonly [number, number]>>): string | undefined {
  for (const [what, [needed, given]] of Object.entries(bounds))
    if (needed > given) return `files of ${size} bytes: ${needed} bytes are needed, ${given} ${what}`;
  return undefined;
}

/** In bytes: kernels before 3.14 do not say what could be made available. */
function freeMemory(port: BoardPort): number {
  const lines = port.readFile('/proc/meminfo', 16 * 1024).split('\n');
  for (const name of ['MemAvailable:', 'MemFree:']) {
    const line = lines.find((one) => one.startsWith(name));
    if (line !== undefined) return 1024 * Number(line.slice(name.length, line.lastIndexOf(' ')));
  }
  return 0;
}
