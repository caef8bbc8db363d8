/** The places on the storage (docs/decisions/0005), opened once for each verb; nothing on the way may be a symbolic link. */
import { boardPaths } from '../shared/helper-protocol.ts';
import { chooseSlot, type State, stateLine } from '../shared/state.ts';
import { imageIdentity, noteIdentity } from './base/identity.ts';
import { isKernelError } from './port.ts';
import { readSlots } from './slots.ts';
import type { BoardPort } from './storage-port.ts';
import { Busy, Refused, reason } from './trouble.ts';

/** Descriptors of the directories. */
export interface Storage {
  /** /overlay/overlaykit: the state, requests, the ledger. */
  readonly notes: number;
  /** /overlay/generations */
  readonly generations: number;
}

/**
 * Opens the storage.
 * @param path where it is mounted
 * @throws Refused where none of overlaykit's is mounted
 */
export function openStorage(port: BoardPort, path: string = boardPaths.storage): Storage {
  try {
    const root = port.openDirectory(path);
    return { notes: port.openIn(root, 'overlaykit'), generations: port.openIn(root, 'generations') };
  } catch (error) {
    if (!isKernelError(error)) throw error;
    throw new Refused(reason(`no storage of overlaykit is mounted at ${path}`, error));
  }
}

/**
 * The same for a storage that may never have been booted from: its first generation, an empty one, is made first.
 * @throws Refused where there is something else on it
 */
export function openOrBegin(port: BoardPort, path: string): Storage {
  const root = port.openDirectory(path);
  for (const name of ['overlaykit', 'generations']) port.makeDirectoryIn(root, name, 0o755);
  const storage = openStorage(port, path);
  const slots = readSlots(port, storage);
  if (chooseSlot(slots.a, slots.b) !== undefined || port.statIn(storage.generations, '1') !== undefined)
    return storage;
  port.makeDirectoryIn(storage.generations, '1', 0o755);
  const first = port.openIn(storage.generations, '1');
  for (const name of ['upper', 'work']) port.makeDirectoryIn(first, name, 0o755);
  port.syncDirectory(first);
  port.syncFileSystem(first);
  port.close(first);
  // What is laid over a copy of it was made on this image.
  const image = imageIdentity(port, boardPaths.oldRoot);
  if (image !== undefined) noteIdentity(port, storage, 1, image);
  port.writeIn(storage.notes, 'state.a', stateLine(firstState));
  port.syncFileSystem(storage.notes);
  port.close(root);
  return storage;
}

const firstState: State = {
  ...{ seq: 0, active: 1, previous: undefined, trying: undefined },
  ...{ attempts: 0, next: 2, reset: undefined },
};

/** How long a change of the state waits for another one: they take milliseconds, a full flash some seconds. */
const patience = 10_000;

/**
 * Runs what changes the state while nobody else does. The kernel gives the lock back when this process ends, however.
 * @throws Busy where another helper has it for too long
 */
export function withState<T>(port: BoardPort, { notes }: Storage, action: () => T): T {
  const lock = port.openIn(notes, '.');
  try {
    if (!port.lock(lock, patience)) throw new Busy('another overlay_helper is changing the state');
    return action();
  } finally {
    port.close(lock);
  }
}

/**
 * The same for what takes long: copying and deleting whole generations.
 * @throws Busy where another helper is at it
 */
export function lockGenerations(port: BoardPort, { generations }: Pick<Storage, 'generations'>): void {
  if (!port.lock(generations, 0))
    throw new Busy('a snapshot, drop, sweep or bench is running; try again when it has ended');
}
