/**
 * generations/N/record: what the base had under each entry of the upper, so that after a change of the base it can be told
 * which of them hide something new. One line for each: the mark, and the path.
 */
import { escaped, unescaped } from '../escape.ts';
import type { BoardPort } from '../storage-port.ts';
import type { Known } from './facts.ts';
import { readNotes, writeNotes } from './notes.ts';

const file = 'record';
const head = 'overlaykit-base-record 1';

export interface Mark {
  readonly path: string;
  readonly mark: string;
}

/** The marks that were noted; none where nothing was, or where it is damaged. */
export function readRecord(port: BoardPort, generation: number): readonly Mark[] {
  const [first, ...lines] = readNotes(port, generation, file) ?? [];
  if (first !== head) return [];
  const marks: Mark[] = [];
  for (const line of lines) {
    const [mark, path] = line.split(' ');
    if (mark !== undefined && path !== undefined) marks.push({ mark, path: unescaped(path) });
  }
  return marks;
}

export function writeRecord(port: BoardPort, generation: number, marks: readonly Mark[]): void {
  const lines = marks.map(({ mark, path }) => `${mark} ${escaped(path)}`);
  writeNotes(port, generation, file, [head, ...lines]);
}

/** Looks marks up by path. */
export function knownOf(marks: readonly Mark[]): Known {
  const table: Record<string, string> = {};
  for (const { path, mark } of marks) table[path] = mark;
  return (path) => table[path];
}
