/** Boots a Board in QEMU: fetches or builds the kernel, provides the storage, starts the machine. */
import { resolve } from 'node:path';
import type { Boot, BootRequest } from '../boot.ts';
import { hardwareFor } from '../hardware.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { ownKernel } from '../kernel/own.ts';
import { stockKernel } from '../kernel/stock.ts';
import { storageNeed } from '../storage.ts';
import { withStorage } from '../with-storage.ts';
import { virtualBoardSpec } from './from-board.ts';
import { startBoard } from './start-board.ts';

/** See bootBoard(). */
export async function bootQemu(request: BootRequest): Promise<Boot> {
  const need = storageNeed(request.board);
  const kernel = await kernelFor(request);
  const { lifetimeMs, shell, signal } = request;
  return withStorage(request, need, ({ image, tidy }) => {
    const rootImage = resolve(request.rootImage);
    return startBoard(virtualBoardSpec({ ...request, rootImage }, kernel, need, image), {
      tidy,
      ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
      ...(shell === undefined ? {} : { shell }),
      ...(signal === undefined ? {} : { signal }),
    });
  });
}

function kernelFor({ board, machine, signal, onProgress }: BootRequest): Promise<Kernel> {
  const options = { ...(signal ? { signal } : {}), ...(onProgress ? { onProgress } : {}) };
  return machine === 'qemu' ? stockKernel(options, hardwareFor(board, machine)) : ownKernel(options);
}
