/**
 * What only one process at a time may do, on this machine: others wait. flock(1) holds the lock, and whatever ends this process ends
 * that too, so that no lock is left over. Where there is no flock, or the file cannot be made, there is no lock.
 */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { execa } from 'execa';
import { findTool } from './tools.ts';

export interface Waiting {
  readonly signal?: AbortSignal;
  /** Called once when somebody else has the lock for more than a second. */
  readonly onWait?: () => void;
}

/** Milliseconds. */
const worthAWord = 1000;

/**
 * Runs the action while nobody else has the lock.
 * @param path of a file that is there for this alone; it is made, and removed afterwards: who still waits for the one that was
 *   removed may run beside whoever makes it anew, so the action has to look whether its work is done already
 */
export async function withLock<T>(
  path: string,
  waiting: Waiting,
  action: (isLocked: boolean) => Promise<T>,
): Promise<T> {
  const release = await acquire(path, waiting);
  try {
    return await action(release !== undefined);
  } finally {
    await release?.();
  }
}

async function acquire(
  path: string,
  { signal, onWait }: Waiting,
): Promise<(() => Promise<void>) | undefined> {
  const flock = findTool('flock');
  if (flock === undefined) return undefined;
  signal?.throwIfAborted();
  // cat gives back what it is sent once it runs, and ends when nobody can send any more.
  const holder = execa(flock, ['--exclusive', path, 'cat'], {
    reject: false,
    stderr: 'ignore',
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  const word = setTimeout(() => onWait?.(), worthAWord);
  try {
    holder.stdin.write('\n');
    await Promise.race([once(holder.stdout, 'data'), holder]);
  } finally {
    clearTimeout(word);
  }
  signal?.throwIfAborted();
  if (holder.exitCode !== null) return undefined;
  return async () => {
    await rm(path, { force: true });
    holder.stdin.end();
    await holder;
  };
}
