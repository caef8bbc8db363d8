/**
 * Commands longer than UML's terminal lines take. Its driver stops for good when more than one buffer of the terminal
 * (4096 bytes) comes in one go, so a long command is first put into a file of the board, piece by piece.
 */
import { randomBytes } from 'node:crypto';
import type { CommandResult } from '../boot.ts';

/** Bytes that are sent in one go, less than the terminal's buffer by what Shell puts around a command. */
const lineLength = 3000;

/** A byte as `printf %b` takes it, which no quoting makes longer: a backslash, a zero and three octal digits. */
const escapedLength = 5;

/** Runs `command` by way of `run`, which takes short ones. */
export async function runLong(
  command: string,
  run: (command: string) => Promise<CommandResult>,
): Promise<CommandResult> {
  if (quotedLength(command) <= lineLength) return run(command);
  // /dev is the kernel's own and writable on every board.
  const file = `/dev/lab-command-${randomBytes(8).toString('hex')}`;
  for (const piece of piecesOf(command)) {
    const { exitCode, output } = await run(`printf %b '${piece}' >> ${file}`);
    if (exitCode !== 0) return { exitCode, output };
  }
  return run(`trap 'rm -f ${file}' EXIT; . ${file}`);
}

function piecesOf(command: string): readonly string[] {
  const escaped = [...Buffer.from(command)].map((byte) => `\\0${byte.toString(8).padStart(3, '0')}`);
  const perPiece = Math.floor(lineLength / escapedLength);
  const starts = Array.from({ length: Math.ceil(escaped.length / perPiece) }, (_, index) => index * perPiece);
  return starts.map((start) => escaped.slice(start, start + perPiece).join(''));
}

/** Bytes that Shell sends for it: a single quote becomes four characters. */
function quotedLength(command: string): number {
  return Buffer.byteLength(command) + 3 * (command.split("'").length - 1);
}
