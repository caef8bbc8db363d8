/** A file too large for memory: written beside its place as it comes, and renamed when it is complete and on the disk. */
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileFailure, temporaryName } from './files.ts';

export type Sink = (bytes: Uint8Array) => Promise<void>;

/**
 * @param fill gives the sink all bytes; what it throws is thrown, and then nothing is left of the file
 * @throws Failure OVL420 to OVL427; what had that name before is still there then
 */
export async function streamOutput<T>(
  path: string,
  mode: number,
  fill: (sink: Sink) => Promise<T>,
): Promise<T> {
  const temporary = join(dirname(path), temporaryName(basename(path)));
  const onDisk = async <R>(action: () => Promise<R>): Promise<R> => {
    try {
      return await action();
    } catch (error) {
      throw fileFailure(error, path, 'written');
    }
  };
  const file = await onDisk(() => open(temporary, 'wx', mode));
  try {
    const result = await fill((bytes) => onDisk(() => file.writeFile(bytes)));
    await onDisk(() => file.sync());
    await file.close();
    await onDisk(() => rename(temporary, path));
    return result;
  } catch (error) {
    await file.close().catch(() => {});
    await rm(temporary, { force: true });
    throw error;
  }
}
