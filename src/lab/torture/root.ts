/** The root of a tortured board: the lab's own, with the files that the load works on and the board's bundle. */
import { rm } from 'node:fs/promises';
import { bundleRequest, installBundle } from '../../image/index.ts';
import { bundleBoard } from '../../toolchain/bundle-board.ts';
import type { PreparedBoard } from '../../toolchain/prepare-board.ts';
import { busyboxRoot } from '../roots/busybox.ts';
import { repairProgram } from '../roots/repair-program.ts';
import { cannot } from '../storage.ts';
import { nextModes, nextTree } from './next-tree.ts';
import { factoryTree, keptPaths, loadFolder, rootFilesOf } from './tree.ts';

/** What the tortured board keeps in a factory reset, beside what its file says. */
export const tortureKeep: readonly string[] = keptPaths.map((path) => `${loadFolder}/${path}`);

export interface TortureRootOptions {
  /** The next image of the board, to upgrade to. */
  readonly next?: boolean;
  readonly signal?: AbortSignal;
  readonly progress?: (line: string) => void;
}

/**
 * Writes the image to `out`.
 * @throws Failure OVL412 for a root of a type that the lab does not make
 */
export async function tortureRoot(
  prepared: PreparedBoard,
  out: string,
  options: TortureRootOptions = {},
): Promise<void> {
  const { type } = prepared.checked.board.root;
  if (type !== 'squashfs' && type !== 'cramfs')
    throw cannot(`power cuts with a ${type} root`, 'the load needs files of its own in the root', 'squashfs');
  const bundle = await bundleBoard(prepared, options);
  const bare = `${out}.bare`;
  try {
    const tree = options.next === true ? rootFilesOf(nextTree, nextModes) : rootFilesOf(factoryTree);
    const files = [...tree, ...(await repairProgram(prepared.plan))];
    await busyboxRoot({ type, out: bare, samples: false, files });
    await installBundle({
      image: bare,
      out,
      ...bundleRequest(bundle),
      addMountPoints: true,
    });
  } finally {
    await rm(bare, { force: true });
  }
}
