/**
 * Where things are kept that take long to make or to fetch: kernels, packages, built helpers. Always outside the tree,
 * named by content, safe to delete at any time.
 */
import { mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type Waiting, withLock } from './lock.ts';

/** The cache folder: $OVL_CACHE, else $XDG_CACHE_HOME/overlaykit, else ~/.cache/overlaykit. */
export function cacheDir(): string {
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return process.env.OVL_CACHE ?? join(base, 'overlaykit');
}

/**
 * The path of a cached folder, made by `make` when it is not there yet. `make` fills a private folder that is renamed
 * into place when it is complete, so that an interrupted or concurrent run never leaves half a result. Of two that want the
 * same one waits for the other.
 *
 * @param key path inside the cache; has to name everything that the content depends on
 */
export async function cached(
  key: string,
  make: (folder: string) => Promise<void>,
  waiting: Waiting = {},
): Promise<string> {
  const final = join(cacheDir(), key);
  if (await exists(final)) return final;
  await mkdir(dirname(final), { recursive: true });
  return withLock(`${final}.lock`, waiting, async (isLocked) => {
    if (await exists(final)) return final;
    if (isLocked) await removeUnfinished(final);
    return makeFolder(final, make);
  });
}

/** What somebody has left who was killed: the lab's kernel is 2 GB while it is built. */
async function removeUnfinished(final: string): Promise<void> {
  const folder = dirname(final);
  const left = (await readdir(folder)).filter((name) => name.startsWith(`${basename(final)}.tmp-`));
  for (const name of left) await rm(join(folder, name), { recursive: true, force: true });
}

async function makeFolder(final: string, make: (folder: string) => Promise<void>): Promise<string> {
  const work = await mkdtemp(`${final}.tmp-`);
  try {
    await make(work);
    await rename(work, final);
  } catch (error) {
    await rm(work, { recursive: true, force: true });
    // Without locks a run beside this one may have been quicker; its result is as good.
    if (!(await exists(final))) throw error;
  }
  return final;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
