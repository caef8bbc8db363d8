/**
 * What mini_fo notes in a directory of its storage: a file with one line for each name that is deleted ("D name") or that
 * stands for another path of the base ("R /old/path name").
 */
import { isNoFile } from '../port.ts';
import type { BoardPort } from '../storage-port.ts';

export const metaFile = 'META_dAfFgHE39ktF3HD2sr';
const maxBytes = 1024 * 1024;

export type MetaLine =
  | { readonly kind: 'deleted'; readonly name: string }
  | { readonly kind: 'renamed'; readonly name: string; readonly path: readonly string[] };

/** The lines that mean something; one without an end is one that a power cut has torn. */
export function readMeta(port: BoardPort, directory: number): readonly MetaLine[] {
  let text: string | undefined;
  try {
    text = port.readIn(directory, metaFile, maxBytes);
  } catch (error) {
    if (!isNoFile(error)) throw error;
  }
  const lines = (text ?? '').split('\n').slice(0, -1);
  return lines.map(parsed).filter((line): line is MetaLine => line !== undefined);
}

function parsed(line: string): MetaLine | undefined {
  const rest = line.slice(2);
  if (line.startsWith('D ') && rest !== '') return { kind: 'deleted', name: rest };
  // mini_fo takes the path up to the first blank, and the rest of the line as the name.
  const blank = rest.indexOf(' ');
  if (!line.startsWith('R /') || blank < 0) return undefined;
  const path = rest
    .slice(0, blank)
    .split('/')
    .filter((name) => name !== '');
  const name = rest.slice(blank + 1);
  return path.length === 0 || name === '' ? undefined : { kind: 'renamed', name, path };
}

export function metaText(lines: readonly MetaLine[]): string {
  return lines
    .map((line) =>
      line.kind === 'deleted' ? `D ${line.name}\n` : `R /${line.path.join('/')} ${line.name}\n`,
    )
    .join('');
}
