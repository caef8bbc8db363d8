/** Says a Board as a virtual board in QEMU: which disk or flash plays its storage, under which names. Pure. */
import type { BootRequest } from '../boot.ts';
import type { Hardware } from '../hardware.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { cannot, type StorageNeed } from '../storage.ts';
import { hardwareOf } from './arguments.ts';
import { type Storage, storageDevice, type VirtualBoardSpec } from './spec.ts';

const defaultMemoryMiB = 256;
const defaultInit = '/sbin/overlay_init';

/**
 * @throws Failure OVL412 when the board names its storage by a path that the kernel cannot have, when the kernel has no driver
 *   for flash, and when instructions are to be counted elsewhere than on x86-64
 */
export function virtualBoardSpec(
  request: BootRequest,
  kernel: Kernel,
  need: StorageNeed,
  storageImage: string,
): VirtualBoardSpec {
  const hardware = hardwareOf(kernel);
  if (request.exact !== undefined && hardware.arch !== 'x86_64')
    throw cannot(
      `counted instructions on ${hardware.arch}`,
      'only x86-64 is known to count alike in every run',
    );
  return {
    kernel,
    root: {
      image: request.rootImage,
      type: request.board.root.type,
      writable: request.rootWritable ?? false,
    },
    storage: storageOf(need, storageImage, kernel, hardware),
    init: request.init ?? defaultInit,
    words: request.cmdline ?? [],
    memoryMiB: request.memoryMiB ?? defaultMemoryMiB,
    links: linksFor(need, kernel, storageDevice(request.exact !== undefined)),
    disks: (request.disks ?? []).map((image) => ({ image, readOnly: false })),
    ...(request.rootDevice === undefined ? {} : { rootDevice: request.rootDevice }),
    ...(request.flashSlots === undefined ? {} : { flashSlots: request.flashSlots }),
    forwards: request.forwards ?? [],
    ...(request.exact === undefined ? {} : { exact: request.exact }),
  };
}

function storageOf(need: StorageNeed, image: string, kernel: Kernel, { arch, flash }: Hardware): Storage {
  switch (need.kind) {
    case 'none':
      return need;
    case 'f2fs':
      if (kernel.kind === 'own')
        throw cannot(
          'f2fs storage',
          "the lab's own kernel has no f2fs",
          'boot with the stock kernel (--machine qemu)',
        );
      return { kind: 'disk', image, fstype: 'f2fs' };
    case 'ext4':
      return { kind: 'disk', image, fstype: 'ext4' };
    case 'jffs2':
      if (flash === undefined) throw cannot(`flash on ${arch}`, "Debian's kernel has no driver for it there");
      return { ...need, kind: 'flash', medium: flash, image };
  }
}

/** An initramfs can give a device a second name; without one the kernel's own names are all there is. */
function linksFor(need: StorageNeed, kernel: Kernel, device: string): VirtualBoardSpec['links'] {
  if (!('path' in need) || need.path === undefined || need.path === device) return [];
  if (kernel.kind === 'own' || !/^\/dev\/[^\s/][^\s]*$/.test(need.path)) {
    throw cannot(
      `storage at ${need.path}`,
      `its disk is ${device}, and only the initramfs of the stock kernel can give it another name below /dev`,
      'boot with the stock kernel (--machine qemu)',
    );
  }
  return [{ path: need.path, device }];
}
