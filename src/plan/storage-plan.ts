/** How the storage of a board is found and mounted, apart from any rung. */
import { whyNotAfterwards } from '../board/checks/first-boot.ts';
import type { Board } from '../board/schema.ts';
import { boardPaths } from '../shared/helper-protocol.ts';
import type { StoragePlan } from '../shared/plan.ts';
import { mountStorage } from '../steps/mount.ts';
import { storageAddress } from './storage-address.ts';

/** File systems that `mount` alone brings up; ubifs and an image file need a device attached first. */
export const mountable: readonly Board['storage']['type'][] = ['jffs2', 'ext4', 'f2fs'];

/** Undefined where the board keeps nothing, or its storage needs more than a mount. */
export function planStorage(board: Board): StoragePlan | undefined {
  const { storage, applets, helper } = board;
  const address = storageAddress(storage);
  if (address === undefined || !mountable.includes(storage.type)) return undefined;
  return {
    find: {
      kind: 'find-storage',
      address,
      waitMs: storage.wait,
      ...(storage.size === undefined ? {} : { sizeBytes: storage.size }),
      ...(storage.min_size === undefined ? {} : { minBytes: storage.min_size }),
      ...(storage.max_size === undefined ? {} : { maxBytes: storage.max_size }),
      ...(storage.erase_block === undefined ? {} : { eraseBlockBytes: storage.erase_block }),
    },
    mount: {
      ...mountStorage(storage.type, boardPaths.storage, ['rw', ...(storage.options ?? ['noatime'])]),
      // JFFS2 takes a blank partition as it is.
      ...(applets?.includes(`mkfs.${storage.type}`) ? { makeIfBlank: true } : {}),
      ...(storage.first_boot === 'tmpfs' && whyNotAfterwards(board) === undefined
        ? { makeAfterwards: true }
        : {}),
      ...(storage.type === 'jffs2' && helper.enabled ? { eraseIfMarked: true } : {}),
      ...repairOf(storage, applets),
    },
  };
}

/** Programs that repair a file system, and that take the same options. */
const repairers: Readonly<Partial<Record<Board['storage']['type'], readonly string[]>>> = {
  ext4: ['e2fsck', 'fsck.ext4'],
  f2fs: ['fsck.f2fs'],
};

function repairOf({ type, repair }: Board['storage'], applets: Board['applets']): { repair?: string } {
  const tool = repairers[type]?.find((name) => applets?.includes(name));
  return tool === undefined || repair === 'off' ? {} : { repair: tool };
}
