/** Evidence of a failure: the storage as the cut left it, what was found, and what the board said. It outlives the run. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Examined } from './examine.ts';

/** Writes a folder below `parent`, which is made where it is missing. Returns its path. */
export async function keepEvidence(parent: string, name: string, examined: Examined): Promise<string> {
  const folder = join(parent, name);
  await mkdir(folder, { recursive: true });
  const { judged, findings, by, console } = examined;
  const { cut, doing } = judged;
  const found = findings.map(({ fault, reason }) => `${fault}: ${reason}\n`).join('');
  await writeFile(join(folder, 'storage.img'), cut.image);
  await writeFile(join(folder, 'found.txt'), `${doing}\n${cut.moment}\nfound by a ${by}\n\n${found}`);
  if (console !== undefined) await writeFile(join(folder, 'console.txt'), console);
  return folder;
}
