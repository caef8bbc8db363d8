/** The further read-only layers: mounted below /run, so that the root needs no mount point for them. */
import type { Board } from '../board/schema.ts';
import { boardPaths } from '../shared/helper-protocol.ts';
import type { MountStep } from '../shared/step.ts';
import { mount } from '../steps/mount.ts';

/** One mount for each layer, topmost first. An image file in the root goes through a loop device. */
export function layerMounts(board: Board): readonly MountStep[] {
  return board.layers.map((layer) =>
    mount(
      layer.type,
      layer.device ?? layer.file ?? '',
      `${boardPaths.runDir}/layers/${layer.name}`,
      layer.file === undefined ? ['ro', 'nodev'] : ['ro', 'nodev', 'loop'],
    ),
  );
}
