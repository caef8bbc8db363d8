/** Offsets into a text, as places that people and editors count: lines and columns from 1. */
import type { Place } from './diagnostic.ts';

/** Turns a span of offsets (UTF-16 units, end exclusive) into a Place. Offsets beyond the text are clamped. */
export type Placer = (start: number, end: number) => Place;

/** The Placer of one text. */
export function placesIn(file: string, text: string): Placer {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);

  const position = (offset: number) => {
    const within = Math.max(0, Math.min(offset, text.length));
    const line = lineContaining(lineStarts, within);
    return { line: line + 1, column: within - (lineStarts[line] ?? 0) + 1 };
  };
  return (start, end) => {
    const from = position(start);
    const to = position(Math.max(start, end));
    return { file, line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
  };
}

function lineContaining(lineStarts: readonly number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
