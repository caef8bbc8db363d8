/** A cache that cannot be written, told from all else that can end a build: node says it by errno, tools by what they print. */
import { tmpdir } from 'node:os';
import { Failure } from '../diagnostics/diagnostic.ts';
import { quote } from '../render/quote.ts';
import { cacheDir } from '../system/cache.ts';

const codes: readonly (string | undefined)[] = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES'];

/** strerror() of ENOSPC and EDQUOT in the locale C, as compilers, tar and make print it; apt has words of its own. */
const noRoom = /No space left on device|Disk quota exceeded|don't have enough free space/;

/** OVL459 for what a build threw where the cache, or the folder of a tool's temporary files, has no room; undefined for anything else. */
export function cacheTrouble(error: unknown): Failure | undefined {
  if (error instanceof Failure) return toolTrouble(error);
  if (!(error instanceof Error) || !codes.includes((error as NodeJS.ErrnoException).code)) return undefined;
  return cacheFailure(error.message, error);
}

function toolTrouble(failure: Failure): Failure | undefined {
  const because = failure.diagnostics[0]?.because ?? '';
  return noRoom.test(because) ? cacheFailure(because, failure) : undefined;
}

/** @param because what was refused, as whoever noticed it says it */
export function cacheFailure(because: string, cause?: unknown): Failure {
  return new Failure(
    {
      code: 'OVL459',
      severity: 'error',
      message: `overlay_helper cannot be built in "${cacheDir()}"`,
      because,
      fix: `make room (df -h ${quote(cacheDir())} ${quote(tmpdir())}), or name other folders in OVL_CACHE and TMPDIR`,
    },
    { cause },
  );
}
