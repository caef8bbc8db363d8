/**
 * `npm pack` runs this last: prebuilt/ is for the package. In the checkout it would be taken in place of the helper that is
 * built from it, until somebody changes a source.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { packageRoot } from '../system/package-root.ts';
import { prebuiltFolder } from './prebuilt.ts';

if (process.argv[1] === import.meta.filename)
  await rm(join(packageRoot(), prebuiltFolder), { recursive: true, force: true });
