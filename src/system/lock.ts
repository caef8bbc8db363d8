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
 * Holds the lock as long as somebody can send to cat, which gives back what it is sent. Whoever waited for a file that was removed
 * meanwhile holds a lock that nobody else asks for.
 */
const holding = `for fd in /proc/self/fd/*; do [ "$fd" -ef "$0" ] && exec cat; done; exit 75`;
const lockOfNobody = 75;

/**
 * Runs the action while nobody else has the lock.
 * @param path of a file that is there for this alone; it is made, and removed afterwards
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
  const word = setTimeout(() => onWait?.(), worthAWord);
  try {
    for (;;) {
      const holder = startHolder(flock, path, signal);
      await answer(holder);
      signal?.throwIfAborted();
      if (holder.exitCode === null)
        return async () => {
          await rm(path, { force: true });
          holder.stdin.end();
          await holder;
        };
      if (holder.exitCode !== lockOfNobody) return undefined;
    }
  } finally {
    clearTimeout(word);
  }
}

function startHolder(flock: string, path: string, signal: AbortSignal | undefined) {
  signal?.throwIfAborted();
  const holder = execa(flock, ['--exclusive', path, 'sh', '-c', holding, path], {
    reject: false,
    stderr: 'ignore',
    ...(signal === undefined ? {} : { cancelSignal: signal }),
  });
  // One that has ended takes nothing; its exit code says it.
  holder.stdin.on('error', () => {});
  return holder;
}

/** Until it has the lock, or has ended because the lock could not be had. */
async function answer(holder: ReturnType<typeof startHolder>): Promise<void> {
  holder.stdin.write('\n');
  await Promise.race([once(holder.stdout, 'data'), holder]);
}
