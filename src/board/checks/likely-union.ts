/** The union system that a board will use, as far as the board file tells. */
import type { Board } from '../schema.ts';
import { atLeast } from '../version.ts';

export type LikelyUnion = Exclude<Board['union']['system'], 'auto'>;

/** Kernel drivers that `auto` looks for, best first. */
export const unionDrivers = ['overlay', 'overlayfs', 'mini_fo'] as const;

/** The system that is named, else what `auto` can only mean; undefined where the board file leaves it open. */
export function likelyUnion(board: Board): LikelyUnion | undefined {
  const { system } = board.union;
  if (system !== 'auto') return system;
  const { filesystems, version } = board.kernel;
  if (filesystems.length > 0) return unionDrivers.find((driver) => filesystems.includes(driver));
  return atLeast(version, '3.18') ? 'overlay' : undefined;
}
