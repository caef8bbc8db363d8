/** Writes a file so that it is either there completely or not at all: beside its place, flushed, then renamed. */
import { randomBytes } from 'node:crypto';
import { type FileHandle, lstat, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Failure } from '../diagnostics/diagnostic.ts';
import type { ImageSink } from './format.ts';

/**
 * Lets `write` fill a new file and puts it at `path`, which may be a file that is being read from.
 *
 * @param mode permission bits of the file
 * @param signal ends it between two writes; its reason is then thrown
 * @throws Failure OVL363 when it cannot be written there; whatever `write` throws. In both cases nothing is left behind.
 */
export async function writeWhole(
  path: string,
  mode: number,
  write: (sink: ImageSink) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  await refuseOther(path);
  // In the same folder, because rename does not cross file systems.
  const work = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}`);
  const handle = await open(work, 'wx', mode).catch((error: unknown) => {
    throw unwritable(path, error);
  });
  try {
    try {
      await write(sinkOf(handle, path, signal));
      signal?.throwIfAborted();
      await handle.chmod(mode);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(work, path);
  } catch (error) {
    await rm(work, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

function sinkOf(handle: FileHandle, path: string, signal: AbortSignal | undefined): ImageSink {
  let position = 0;
  const writeAt = async (bytes: Uint8Array, at: number): Promise<void> => {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await handle
        .write(bytes, done, bytes.length - done, at + done)
        .catch((error: unknown) => {
          throw unwritable(path, error);
        });
      done += bytesWritten;
    }
  };
  return {
    get position() {
      return position;
    },
    async append(bytes) {
      signal?.throwIfAborted();
      await writeAt(bytes, position);
      position += bytes.length;
    },
    async patch(at, bytes) {
      if (at + bytes.length > position) throw new Error('only what was appended can be patched');
      await writeAt(bytes, at);
    },
  };
}

/** A rename would put a file in the place of a device node or directory without a word. */
async function refuseOther(path: string): Promise<void> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined || facts.isFile() || facts.isSymbolicLink()) return;
  throw unwritable(path, new Error('there is something that is not a regular file'));
}

/** The name is safe on the disk only when the folder is (fsync(2)); some file systems cannot do it for folders. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

function unwritable(path: string, cause: unknown): Failure {
  return new Failure(
    {
      code: 'OVL363',
      severity: 'error',
      message: `cannot write the root image "${path}"`,
      because: reasonOf(cause),
    },
    { cause },
  );
}

/** Without the name that the file has while it is written. */
function reasonOf(cause: unknown): string {
  const message = cause instanceof Error ? cause.message : String(cause);
  return message.replace(/, \w+ '.*'$/s, '');
}
