/** A root image with a bundle in it, for the time of a deployment. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bundle } from '../bundle/bundle.ts';
import { bundleRequest, installBundle } from '../image/index.ts';
import type { RootImage } from './preflight-image.ts';

export interface MadeImage extends RootImage {
  readonly path: string;
}

/**
 * Puts the bundle into a copy of the image, which is gone when `use` is done.
 * @throws Failure of installBundle
 */
export async function withRootImage<T>(
  image: string,
  bundle: Bundle,
  signal: AbortSignal,
  use: (made: MadeImage) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'ovl-deploy-'));
  try {
    const out = join(folder, 'root');
    const { type, bytesAfter } = await installBundle({
      image,
      out,
      ...bundleRequest(bundle),
      addMountPoints: false,
      signal,
    });
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(out)) hash.update(chunk as Uint8Array);
    return await use({ path: out, type, bytes: bytesAfter, sha256: hash.digest('hex') });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
