/** Inode numbers: what was there keeps its number, what is new takes one that became free or the next one. */
import { type ImageNode, sortedChildren } from '../tree.ts';
import type { SquashfsImage } from './open.ts';
import type { Survey } from './survey.ts';

export interface InodeNumbers {
  /** Highest number there is, which is what the superblock counts. */
  readonly total: number;
  of(node: ImageNode): number;
}

/** Numbers that become free are used first, so that installing a bundle twice gives the same image as installing it once. */
export function inodeNumbers(image: SquashfsImage, found: Survey): InodeNumbers {
  const fresh = new Map<ImageNode, number>();
  const free = [...found.freeNumbers];
  let total = image.superblock.inodes;
  for (const directory of found.directories) {
    for (const [, child] of sortedChildren(directory)) {
      if (image.stored.has(child) || fresh.has(child)) continue;
      const number = free.shift() ?? total + 1;
      fresh.set(child, number);
      total = Math.max(total, number);
    }
  }
  return {
    total,
    of(node) {
      const number = image.stored.get(node)?.number ?? fresh.get(node);
      if (number === undefined) throw new Error(`a ${node.kind} has no inode number`);
      return number;
    },
  };
}
