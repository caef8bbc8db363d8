/** The image file, opened once for reading; every read is checked against the size it had then. */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Failure } from '../diagnostics/diagnostic.ts';

export interface ImageSource {
  readonly path: string;
  /** Size of the file in bytes. */
  readonly bytes: number;
  /** Permission bits of the file. */
  readonly mode: number;
  /**
   * Reads exactly `length` bytes.
   * @throws RangeError where the file does not have them: only a wrong structure of the image asks for them
   */
  read(position: number, length: number): Promise<Buffer>;
  close(): Promise<void>;
}

/**
 * Opens an image file.
 * @throws Failure OVL350 when it cannot be read or is no regular file
 */
export async function openSource(path: string): Promise<ImageSource> {
  // Without O_NONBLOCK a fifo of that name would wait for a writer for ever.
  const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: unknown) => {
    throw unreadable(path, error instanceof Error ? error.message : String(error), error);
  });
  const facts = await handle.stat();
  if (!facts.isFile()) {
    await handle.close();
    throw unreadable(path, 'it is not a regular file; copy a device or partition into a file first');
  }
  return {
    path,
    bytes: facts.size,
    mode: facts.mode & 0o777,
    read: (position, length) => readExactly(handle, facts.size, position, length),
    close: () => handle.close(),
  };
}

async function readExactly(
  handle: FileHandle,
  bytes: number,
  position: number,
  length: number,
): Promise<Buffer> {
  if (position < 0 || length < 0 || !(position + length <= bytes)) {
    throw new RangeError(`bytes ${position} to ${position + length} lie outside of the image's ${bytes}`);
  }
  const buffer = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(buffer, done, length - done, position + done);
    if (bytesRead === 0) throw new RangeError('the image became shorter while it was read');
    done += bytesRead;
  }
  return buffer;
}

function unreadable(path: string, because: string, cause?: unknown): Failure {
  return new Failure(
    { code: 'OVL350', severity: 'error', message: `cannot read the root image "${path}"`, because },
    { cause },
  );
}
