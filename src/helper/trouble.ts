/** What goes wrong, in one line that names the errno and its likely cause. */
import { likelyCause } from './causes.ts';
import { isKernelError } from './port.ts';
import { trace } from './trace.ts';

/** The merged root is not fit to be entered: the ladder's next rung is better. Anything else thrown is the helper's own. */
export class Unfit extends Error {}

/** The words make no sense for this verb; its usage is what to say. */
export class WrongWords extends Error {}

/** What was asked for is not possible as things are; nothing was changed. */
export class Refused extends Error {}

/** The same, because what would be changed is in memory, and goes with the next restart anyway. */
export class InMemory extends Refused {}

/** The same, because another overlay_helper is at work: what was asked for is possible once that has ended. */
export class Busy extends Refused {}

/** "WHAT: ERRNO (cause)" for a system call, "WHAT: message" for anything else; always one line of printable ASCII. */
export function reason(what: string, error: unknown): string {
  return oneLine(`${what}: ${explained(error)}`);
}

function explained(error: unknown): string {
  if (!isKernelError(error)) return error instanceof Error ? error.message : String(error);
  const cause = likelyCause(error.syscall, error.code);
  const said = cause === undefined ? '' : ` (${cause})`;
  return `${error.syscall} ${error.code}${said}${trace(error)}`;
}

/** Runs one action; what it throws gets the words of what was being tried in front. */
export function attempt<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isKernelError(error)) throw error;
    throw new Error(reason(what, error));
  }
}

/** The same, for what only a broken merged root can make fail. */
export function attemptInside<T>(what: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    if (!isKernelError(error)) throw error;
    throw new Unfit(reason(what, error));
  }
}

const maxLine = 400;

/** The kernel log and the environment take one short line; a path may have anything in it. */
export function oneLine(text: string): string {
  return printable(text, maxLine);
}

/** The first `most` characters, with a question mark for each that is no printable ASCII. */
export function printable(text: string, most: number): string {
  let line = '';
  for (let index = 0; index < text.length && index < most; index++) {
    const char = text.charCodeAt(index);
    line += char >= 0x20 && char < 0x7f ? text.charAt(index) : '?';
  }
  return line;
}
