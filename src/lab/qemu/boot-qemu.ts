/** Boots a Board in QEMU: fetches or builds the kernel, provides the storage, starts the machine. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Boot, BootRequest } from '../boot.ts';
import { hardwareFor } from '../hardware.ts';
import type { Kernel } from '../kernel/kernel.ts';
import { ownKernel } from '../kernel/own.ts';
import { stockKernel } from '../kernel/stock.ts';
import { provideStorage, storageNeed } from '../storage.ts';
import { virtualBoardSpec } from './from-board.ts';
import { startBoard } from './start-board.ts';

/** See bootBoard(). */
export async function bootQemu(request: BootRequest): Promise<Boot> {
  const need = storageNeed(request.board);
  const kernel = await kernelFor(request);
  const blank = await mkdtemp(join(tmpdir(), 'overlaykit-storage-'));
  const tidy = (): Promise<void> => rm(blank, { recursive: true, force: true });
  try {
    const image = resolve(request.storageImage ?? join(blank, 'storage.img'));
    await provideStorage(need, image);
    const rootImage = resolve(request.rootImage);
    const spec = virtualBoardSpec({ ...request, rootImage }, kernel, need, image);
    const { lifetimeMs, shell, signal } = request;
    return await startBoard(spec, {
      tidy,
      ...(lifetimeMs === undefined ? {} : { lifetimeMs }),
      ...(shell === undefined ? {} : { shell }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (error) {
    await tidy();
    throw error;
  }
}

function kernelFor({ board, machine, signal, onProgress }: BootRequest): Promise<Kernel> {
  const options = { ...(signal ? { signal } : {}), ...(onProgress ? { onProgress } : {}) };
  return machine === 'qemu' ? stockKernel(options, hardwareFor(board, machine)) : ownKernel(options);
}
