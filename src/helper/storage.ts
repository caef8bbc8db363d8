/** The places on the storage (docs/decisions/0005), opened once for each verb; nothing on the way may be a symbolic link. */
import { boardPaths } from '../shared/helper-protocol.ts';
import { isKernelError } from './port.ts';
import type { BoardPort } from './storage-port.ts';
import { Refused, reason } from './trouble.ts';

/** Descriptors of the directories. */
export interface Storage {
  /** /overlay/overlaykit: the state, requests, the ledger. */
  readonly notes: number;
  /** /overlay/generations */
  readonly generations: number;
}

/**
 * Opens the storage.
 * @throws Refused where none of overlaykit's is mounted
 */
export function openStorage(port: BoardPort): Storage {
  const path = boardPaths.storage;
  try {
    const root = port.openDirectory(path);
    return { notes: port.openIn(root, 'overlaykit'), generations: port.openIn(root, 'generations') };
  } catch (error) {
    if (!isKernelError(error)) throw error;
    throw new Refused(reason(`no storage of overlaykit is mounted at ${path}`, error));
  }
}

/** How long a change of the state waits for another one: they take milliseconds, a full flash some seconds. */
const patience = 10_000;

/**
 * Runs what changes the state while nobody else does. The kernel gives the lock back when this process ends, however.
 * @throws Refused where another helper has it for too long
 */
export function withState<T>(port: BoardPort, { notes }: Storage, action: () => T): T {
  const lock = port.openIn(notes, '.');
  try {
    if (!port.lock(lock, patience)) throw new Refused('another overlay_helper is changing the state');
    return action();
  } finally {
    port.close(lock);
  }
}

/**
 * The same for what takes long: copying and deleting whole generations.
 * @throws Refused where another helper is at it
 */
export function lockGenerations(port: BoardPort, { generations }: Storage): void {
  if (!port.lock(generations, 0))
    throw new Refused('a snapshot, drop or sweep is running; try again when it has ended');
}
