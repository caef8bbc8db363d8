/**
 * The base image's identity: one line in the image (/etc/overlaykit/base) and beside each upper (generations/N/base). They
 * differ when the upper was made on another image.
 */
import { baseIdentity, baseLine } from '../../shared/base.ts';
import { boardPaths } from '../../shared/helper-protocol.ts';
import { isKernelError } from '../port.ts';
import type { Storage } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';

const lineBytes = 64;
const file = 'base';
const accepted = 'base-accepted';

/**
 * The identity of the image that runs; undefined where it has none, or where what it has is no identity.
 * @param root where the read-only root is: empty before the union is entered
 */
export function imageIdentity(port: BoardPort, root: string): string | undefined {
  return orNothing(() => baseIdentity(port.readFile(root + boardPaths.base, lineBytes)));
}

/** The identity of the image that a generation was made on, or brought over to; undefined where nobody noted it whole. */
export function generationIdentity(port: BoardPort, storage: Storage, number: number): string | undefined {
  return orNothing(() =>
    inGeneration(port, storage, number, (directory) =>
      baseIdentity(port.readIn(directory, file, lineBytes) ?? ''),
    ),
  );
}

/** Notes the image that a generation fits from now on. Survives a power cut when it returns. */
export function noteIdentity(port: BoardPort, storage: Storage, number: number, identity: string): void {
  note(port, storage, number, file, identity);
}

/** Notes that somebody wants this generation on this image, although it was made on another one. */
export function acceptIdentity(port: BoardPort, storage: Storage, number: number): void {
  const identity = imageIdentity(port, boardPaths.oldRoot);
  if (identity === undefined || identity === generationIdentity(port, storage, number)) return;
  note(port, storage, number, accepted, identity);
}

function note(port: BoardPort, storage: Storage, number: number, name: string, identity: string): void {
  inGeneration(port, storage, number, (directory) => {
    port.writeIn(directory, name, baseLine(identity));
    port.syncDirectory(directory);
    port.syncFileSystem(directory);
  });
}

/** Runs something with the descriptor of a generation's directory. */
export function inGeneration<T>(
  port: BoardPort,
  { generations }: Storage,
  number: number,
  action: (directory: number) => T,
): T {
  const directory = port.openIn(generations, String(number));
  try {
    return action(directory);
  } finally {
    port.close(directory);
  }
}

/** What cannot be read is not known. */
function orNothing<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (isKernelError(error)) return undefined;
    throw error;
  }
}
