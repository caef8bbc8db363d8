/**
 * Larger notes beside an upper: lines with an end that says they are whole, put in place of the old ones in one go. Rename
 * is two steps on JFFS2, link and unlink; a cut between them leaves both names on the new note.
 */
import { isKernelError, isNoFile } from '../port.ts';
import type { BoardPort } from '../storage-port.ts';
import { attempt, reason } from '../trouble.ts';

/** What readIn takes; longer notes are cut off when they are made. */
const maxBytes = 1024 * 1024;
const room = maxBytes - 1024;

/** The lines before the end; undefined where there are none, or not all. */
export function readNotes(port: BoardPort, directory: number, name: string): readonly string[] | undefined {
  let text: string | undefined;
  try {
    text = port.readIn(directory, name, maxBytes);
  } catch (error) {
    // A link or a directory of that name says nothing. What cannot be read may say a lot.
    if (isNoFile(error)) return undefined;
    throw new Error(reason(`cannot read ${name} beside the upper`, error));
  }
  if (text === undefined || !text.endsWith('\n')) return undefined;
  const at = text.lastIndexOf('end=');
  if (at < 0) return undefined;
  const body = text.slice(0, at);
  return body !== '' && text.slice(body.length) === endOf(port, body)
    ? body.slice(0, -1).split('\n')
    : undefined;
}

/**
 * Replaces the notes of that name; old or new ones are there at any time. Notes that are there already are not written again.
 * @returns how many of the lines had no room
 */
export function writeNotes(
  port: BoardPort,
  directory: number,
  name: string,
  lines: readonly string[],
): number {
  const { body, lost } = bodyOf(lines);
  const text = body + endOf(port, body);
  const fresh = `${name}.new`;
  attempt(`cannot write ${name} beside the upper`, () => {
    if (readWhole(port, directory, name) === text) return;
    // After a cut in its rename on JFFS2 it may be a second name of the notes that count.
    port.removeIn(directory, fresh);
    port.writeIn(directory, fresh, text);
    port.syncDirectory(directory);
    port.renameIn(directory, fresh, directory, name);
    port.syncDirectory(directory);
    port.syncFileSystem(directory);
  });
  return lost;
}

function readWhole(port: BoardPort, directory: number, name: string): string | undefined {
  try {
    return port.readIn(directory, name, maxBytes);
  } catch (error) {
    if (!isKernelError(error)) throw error;
    return undefined;
  }
}

function bodyOf(lines: readonly string[]): { readonly body: string; readonly lost: number } {
  let bytes = 0;
  const fitting = lines.filter((line) => {
    if (bytes + line.length + 1 > room) return false;
    bytes += line.length + 1;
    return true;
  });
  return { body: `${fitting.join('\n')}\n`, lost: lines.length - fitting.length };
}

function endOf(port: BoardPort, body: string): string {
  return `end=${body.length}.${port.digest(body)}\n`;
}
