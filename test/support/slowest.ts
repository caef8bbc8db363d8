/** The notes of timing.ts, as a list of the slowest test files. */
import { readFile } from 'node:fs/promises';
import { relative } from 'node:path';

const shown = 5;

/** @param notes path of the file that timing.ts wrote to */
export async function slowestFiles(notes: string): Promise<string> {
  // No notes where no test file came as far as its end.
  const text = await readFile(notes, 'utf8').catch(() => '');
  const lines = text.split('\n').filter((line) => line !== '');
  const files = lines.map((line) => JSON.parse(line) as { readonly file: string; readonly ms: number });
  const slowest = files.toSorted((a, b) => b.ms - a.ms).slice(0, shown);
  const rows = slowest.map(
    ({ file, ms }) => `${(ms / 1000).toFixed(1).padStart(8)} s  ${relative('', file)}`,
  );
  return `\nslowest files:\n${rows.join('\n')}\n`;
}
