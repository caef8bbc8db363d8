/** Goldens are plain files under test/golden/. UPDATE_GOLDEN=1 writes them; a reviewer then reads the difference. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExecutionContext } from 'ava';

/** Compares `text` with test/golden/`name`. A missing golden is a failure, not a first run. */
export async function matchesGolden(t: ExecutionContext, name: string, text: string): Promise<void> {
  const path = join(import.meta.dirname, '../golden', name);
  if (process.env.UPDATE_GOLDEN === '1') {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
  t.is(text, await readFile(path, 'utf8'), `test/golden/${name}; UPDATE_GOLDEN=1 writes it anew`);
}
