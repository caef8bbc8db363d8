/** An ext4 image that a server of ssh-servers.ts takes for the file system of its board's files. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ExecutionContext } from 'ava';
import { directory } from '../../src/lab/roots/root-file.ts';
import { makeWritableRoot } from './writable-board.ts';

/** Its path; it goes with the test. The server mounts over /small and /readonly, and /files is anybody's. */
export async function ext4Root(t: ExecutionContext): Promise<string> {
  const work = await mkdtemp(join(tmpdir(), 'ovl-ext4-root-'));
  t.teardown(() => rm(work, { recursive: true, force: true }));
  const image = join(work, 'root.img');
  const files = [directory('/small'), directory('/readonly'), directory('/files')];
  await makeWritableRoot(image, { root: { files } });
  return image;
}
