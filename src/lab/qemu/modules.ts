/** Which modules a stock kernel needs to be a given board; our own kernel has them built in. */
import type { Storage, VirtualBoardSpec } from './spec.ts';

const always = ['virtio_pci', 'virtio_blk', 'loop', 'overlay', 'fuse'] as const;

/** Beside what modules.dep lists: both ask for a checksum by the name of the algorithm only. */
const ext4 = ['ext4', 'crc32c_generic'] as const;
const f2fs = ['f2fs', 'crc32_generic'] as const;

const flashModules = ['mtd', 'mtdblock', 'phram'] as const;

/** Names as in modprobe, in any order; module dependencies are found by the initramfs builder. */
export function modulesFor(spec: VirtualBoardSpec): readonly string[] {
  const network = spec.forwards.length === 0 ? [] : ['virtio_net'];
  return [
    ...new Set([
      ...always,
      ...rootModules(spec.root.type),
      ...storageModules(spec.storage),
      ...(spec.flashSlots === undefined ? [] : flashModules),
      ...(spec.disks.length === 0 ? [] : ext4),
      ...network,
    ]),
  ];
}

function rootModules(type: string): readonly string[] {
  return type === 'ext4' ? ext4 : [type];
}

function storageModules(storage: Storage): readonly string[] {
  switch (storage.kind) {
    case 'none':
      return [];
    case 'disk':
      return storage.fstype === 'f2fs' ? f2fs : ext4;
    case 'flash':
      return ['mtd', 'mtdblock', 'jffs2', storage.medium === 'nor' ? 'phram' : 'block2mtd'];
  }
}
