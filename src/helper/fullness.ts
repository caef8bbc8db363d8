/** How full the storage is, and what to say of it. */
import { boardPaths } from '../shared/helper-protocol.ts';
import type { Grower } from '../shared/report.ts';
import { findGrowers, type Rank } from './growers.ts';
import type { BoardPort } from './storage-port.ts';
import { oneLine } from './trouble.ts';

export interface Fullness {
  /** Of what most is used. */
  readonly rank: Rank;
  /** Whole percent. */
  readonly percent: number;
}

export function fullness(port: BoardPort): Fullness {
  const { blocks, available, files, freeFiles } = port.statfs(boardPaths.storage);
  const bytes = share(blocks, available);
  const inodes = share(files, freeFiles);
  return inodes > bytes ? { rank: 'inodes', percent: inodes } : { rank: 'bytes', percent: bytes };
}

function share(all: number, free: number): number {
  return all === 0 ? 0 : Math.floor(((all - free) * 100) / all);
}

const named = 5;

/** "the tmpfs is 83 % full (of its bytes; warned from 80 % on): /var/log/messages 9437184 bytes, ..." */
export function fullnessWords(
  port: BoardPort,
  upper: number,
  { rank, percent }: Fullness,
  mark: number,
): string {
  const growers = findGrowers(port, upper, rank, named).map((one) => growerWords(one, rank));
  return `the tmpfs is ${percent} % full (of its ${rank}; warned from ${mark} % on): ${growers.join(', ')}`;
}

function growerWords({ path, bytes, inodes }: Grower, rank: Rank): string {
  return `${short(path)} ${rank === 'bytes' ? `${bytes} bytes` : `${inodes} inodes`}`;
}

/** Five names have to fit into one line of the kernel log: of a long one the end is shown. */
const longest = 48;

function short(path: string): string {
  return oneLine(path.length > longest ? `...${path.slice(path.length - longest + 3)}` : path);
}
