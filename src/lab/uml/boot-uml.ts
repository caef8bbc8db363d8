/** Boots a Board under user-mode Linux: fetches the kernel, provides the storage, starts it. */
import { resolve } from 'node:path';
import type { Boot, BootRequest } from '../boot.ts';
import { cannot, type StorageNeed, storageNeed } from '../storage.ts';
import { withStorage } from '../with-storage.ts';
import { umlKernel } from './kernel.ts';
import { type UmlSpec, umlDevices } from './spec.ts';
import { startUml } from './start.ts';

/** See bootBoard(). */
export async function bootUml(request: BootRequest): Promise<Boot> {
  const { signal, onProgress, lifetimeMs, shell } = request;
  const need = playable(request);
  const kernel = await umlKernel({ ...(signal ? { signal } : {}), ...(onProgress ? { onProgress } : {}) });
  return withStorage(request, need, ({ image, tidy }) =>
    startUml(specOf(request, kernel, need, image), {
      tidy,
      ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
      ...(shell === undefined ? {} : { shell }),
      ...(signal === undefined ? {} : { signal }),
    }),
  );
}

/** @throws Failure OVL412 when user-mode Linux cannot play the board */
function playable(request: BootRequest): Exclude<StorageNeed, { kind: 'jffs2' }> {
  const need = storageNeed(request.board);
  if (need.kind === 'jffs2') {
    throw cannot(
      'flash under user-mode Linux',
      'it has no memory-mapped hardware, and so no driver for flash',
      '--machine qemu',
    );
  }
  if (request.exact !== undefined) {
    throw cannot(
      'counted instructions under user-mode Linux',
      'it runs on the processor itself',
      '--machine qemu',
    );
  }
  const path = 'path' in need ? need.path : undefined;
  if (path !== undefined && !/^\/dev\/[^\s/][^\s]*$/.test(path)) {
    throw cannot(`storage at ${path}`, 'the lab names devices below /dev, without white space');
  }
  return need;
}

function specOf(
  request: BootRequest,
  kernel: UmlSpec['kernel'],
  need: StorageNeed,
  storage: string,
): UmlSpec {
  const path = 'path' in need ? need.path : undefined;
  const renamed = path !== undefined && path !== umlDevices.storage;
  return {
    kernel,
    root: { image: resolve(request.rootImage), type: request.board.root.type },
    init: request.init ?? '/sbin/overlay_init',
    words: request.cmdline ?? [],
    ...(need.kind === 'none' ? {} : { storage: { image: storage, type: need.kind } }),
    ...(renamed ? { links: [{ path, device: umlDevices.storage }] } : {}),
    ...(request.memoryMiB === undefined ? {} : { memoryMiB: request.memoryMiB }),
  };
}
