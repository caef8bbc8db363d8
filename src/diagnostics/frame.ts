/**
 * Code frames: the line of a file that a diagnostic is about, the line before it, and a row of carets under the span.
 * Everything is shown as a terminal draws it: tabs widened, control characters written out, wide lines cut so that the
 * carets stay in view.
 */
import type { Place } from './diagnostic.ts';
import { visible } from './escape.ts';

/** Columns of a frame with its gutter. */
const frameWidth = 80;
const tabWidth = 4;
const leastCaretsShown = 8;

/** The lines of a frame, without line feeds; empty where the place is not inside the text. */
export function codeFrame(text: string, place: Place): readonly string[] {
  const lines = text.split('\n');
  const line = lines[place.line - 1];
  if (line === undefined) return [];

  const digits = String(place.line).length;
  const shown = draw(line.replace(/\r$/, ''));
  const from = shown.columnOf(place.column - 1);
  const to = place.endLine > place.line ? shown.width : shown.columnOf(place.endColumn - 1);
  const view = windowAround(from, Math.max(1, to - from), shown.width, frameWidth - digits - 6);

  const before = place.line > 1 ? draw((lines[place.line - 2] ?? '').replace(/\r$/, '')) : undefined;
  const gutter = (label: string) => `   ${label.padStart(digits)} │ `;
  return [
    ...(before === undefined || before.width === 0
      ? []
      : [`${gutter(String(place.line - 1))}${before.cut(view)}`.trimEnd()]),
    `${gutter(String(place.line))}${shown.cut(view)}`.trimEnd(),
    `${gutter('')}${' '.repeat(from - view.start)}${'^'.repeat(caretCount(from, to, view))}`,
  ];
}

interface View {
  /** First column shown, and how many fit. */
  readonly start: number;
  readonly columns: number;
}

function caretCount(from: number, to: number, view: View): number {
  return Math.max(1, Math.min(to, view.start + view.columns) - from);
}

/** The part of a line that fits, chosen so that the span, or at least its beginning, is inside. */
function windowAround(from: number, length: number, width: number, columns: number): View {
  if (width <= columns) return { start: 0, columns };
  const needed = Math.min(Math.max(length, leastCaretsShown), Math.floor(columns / 2));
  if (from + needed <= columns - 1) return { start: 0, columns };
  const start = Math.min(from - Math.floor((columns - needed) / 2), Math.max(0, width - columns + 1));
  return { start: Math.min(Math.max(0, start), from - 1), columns };
}

interface DrawnLine {
  readonly width: number;
  /** Column at which the character at a UTF-16 index is drawn. */
  columnOf(index: number): number;
  /** What fits into the view, with "…" where something is cut off. */
  cut(view: View): string;
}

interface Cell {
  readonly text: string;
  readonly column: number;
  readonly width: number;
}

function draw(line: string): DrawnLine {
  const cells: Cell[] = [];
  const columns: number[] = [];
  let column = 0;
  for (const character of line) {
    const text = character === '\t' ? ' '.repeat(tabWidth - (column % tabWidth)) : visible(character);
    const width = text === character ? drawnWidth(character) : text.length;
    for (let unit = 0; unit < character.length; unit++) columns.push(column);
    cells.push({ text, column, width });
    column += width;
  }
  const width = column;
  return {
    width,
    columnOf: (index) => columns[index] ?? width,
    cut: ({ start, columns: room }) => {
      const cutLeft = start > 0;
      const cutRight = width > start + room;
      const inside = cells.filter(
        (cell) =>
          cell.column >= start + (cutLeft ? 1 : 0) &&
          cell.column + cell.width <= start + room - (cutRight ? 1 : 0),
      );
      // A wide or widened character that the edge of the view splits is replaced by blanks, so that columns hold.
      const lead = (inside[0]?.column ?? start) - start;
      const body = inside.map((cell) => cell.text).join('');
      return `${(cutLeft ? '…' : '').padEnd(lead)}${body}${cutRight ? '…' : ''}`;
    },
  };
}

/** Columns of a character: none for combining marks, two for East Asian and emoji characters. */
function drawnWidth(character: string): number {
  if (/^\p{M}$/u.test(character)) return 0;
  const wide =
    /^[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Emoji_Presentation}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]$/u;
  return wide.test(character) ? 2 : 1;
}
