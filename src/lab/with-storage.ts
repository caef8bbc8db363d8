/** What every machine needs before it starts: the storage of the board, given or made blank, and a folder that goes with it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Boot, BootRequest } from './boot.ts';
import { provideStorage, type StorageNeed } from './storage.ts';

export interface Provided {
  /** Path of the storage's image; there is no file where the board needs none. */
  readonly image: string;
  /** Of this boot alone. */
  readonly folder: string;
  /** Takes the folder away, with a storage that was made for this boot. */
  readonly tidy: () => Promise<void>;
}

/**
 * Starts a machine, and takes the folder away where that fails; else the machine does it at its end.
 * @throws what `start` throws, and provideStorage()
 */
export async function withStorage(
  { storageImage }: BootRequest,
  need: StorageNeed,
  start: (provided: Provided) => Promise<Boot>,
): Promise<Boot> {
  const folder = await mkdtemp(join(tmpdir(), 'overlaykit-storage-'));
  const tidy = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const image = resolve(storageImage ?? join(folder, 'storage.img'));
    await provideStorage(need, image);
    return await start({ image, folder, tidy });
  } catch (error) {
    await tidy();
    throw error;
  }
}
