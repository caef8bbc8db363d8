/**
 * Replays what a program wrote to a terminal, for recordings: which lines there were, and what stood in each from when on.
 * It knows what overlaykit writes (line feeds, carriage returns, "erase to the end of the line", bold) and refuses the rest,
 * so that a recording never shows something else than was there.
 */

export interface Chunk {
  /** Seconds since the start. */
  readonly at: number;
  readonly text: string;
}

export interface Piece {
  readonly text: string;
  readonly bold: boolean;
}

/** What a line had in it from a time on. */
export interface Version {
  readonly at: number;
  readonly pieces: readonly Piece[];
}

/** Lines from top to bottom, versions from old to new. */
export type Recording = readonly (readonly Version[])[];

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const token = /\r\n|\n|\r|\x1b\[K|\x1b\[1m|\x1b\[22m|[^\x00-\x1f\x7f]+/y;

/** @throws Error at a control character or an escape sequence that it does not know */
export function replay(chunks: readonly Chunk[]): Recording {
  const lines: Version[][] = [[]];
  let cells: Piece[] = [];
  let column = 0;
  let bold = false;
  for (const { at, text } of chunks) {
    token.lastIndex = 0;
    while (token.lastIndex < text.length) {
      const from = token.lastIndex;
      const found = token.exec(text)?.[0];
      if (found === undefined)
        throw new Error(`unknown to a recording: ${JSON.stringify(text.slice(from, from + 12))}`);
      if (found === '\n' || found === '\r\n') {
        note(lines.at(-1), at, cells);
        lines.push([]);
        [cells, column] = [[], 0];
      } else if (found === '\r') column = 0;
      else if (found === '\x1b[K') cells = cells.slice(0, column);
      else if (found === '\x1b[1m' || found === '\x1b[22m') bold = found === '\x1b[1m';
      else {
        const written = [...found].map((one) => ({ text: one, bold }));
        cells = [...cells.slice(0, column), ...written, ...cells.slice(column + written.length)];
        column += written.length;
      }
    }
    note(lines.at(-1), at, cells);
  }
  return lines.at(-1)?.every(({ pieces }) => pieces.length === 0) ? lines.slice(0, -1) : lines;
}

/** Adds a version where the line has changed; the last one of a moment counts. */
function note(line: Version[] | undefined, at: number, cells: readonly Piece[]): void {
  const pieces = joined(cells);
  const last = line?.at(-1);
  if (line === undefined || JSON.stringify(last?.pieces ?? []) === JSON.stringify(pieces)) return;
  if (last?.at === at) line.pop();
  line.push({ at, pieces });
}

function joined(cells: readonly Piece[]): readonly Piece[] {
  const pieces: Piece[] = [];
  for (const { text, bold } of cells) {
    const last = pieces.at(-1);
    if (last?.bold === bold) pieces[pieces.length - 1] = { text: last.text + text, bold };
    else pieces.push({ text, bold });
  }
  return pieces;
}

/** Chunks of util-linux's script: a file of what was written, and lines "SECONDS BYTES" of when. */
export function chunksOf(output: Uint8Array, timing: string): readonly Chunk[] {
  const decoder = new TextDecoder();
  let at = 0;
  let from = 0;
  return timing
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [delay = 0, bytes = 0] = line.split(' ').map(Number);
      at += delay;
      from += bytes;
      return { at, text: decoder.decode(output.subarray(from - bytes, from), { stream: true }) };
    });
}
