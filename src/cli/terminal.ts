/** The two streams of the process: writing that knows closed pipes and full disks, colours, who is listening. */
import { styleText } from 'node:util';
import type { Severity } from '../diagnostics/diagnostic.ts';
import { fileFailure } from '../system/files.ts';

export type Stream = 'stdout' | 'stderr';

/** Streams whose reader has gone, as `| head` does; writing on is pointless, and no error. */
const closed = new Set<Stream>();

/**
 * Writes text and waits until the system has taken it. A closed pipe is not an error.
 * @throws Failure OVL424 and others where stdout is a file and cannot take it
 */
export async function write(stream: Stream, text: string): Promise<void> {
  if (text === '' || closed.has(stream)) return;
  const error = await new Promise<Error | null | undefined>((resolve) => {
    // An error event comes beside the callback, and unheard it would end the process.
    process[stream].once('error', resolve);
    process[stream].write(text, resolve);
  });
  if (error === null || error === undefined) return;
  closed.add(stream);
  if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw fileFailure(error, stream, 'written');
}

/** Whether to colour what goes to a stream: https://no-color.org, FORCE_COLOR as node reads it, and only on terminals. */
export function wantsColor(stream: Stream, when: 'auto' | 'always' | 'never'): boolean {
  if (when !== 'auto') return when === 'always';
  const { FORCE_COLOR: force, NO_COLOR: no, TERM: terminal } = process.env;
  if (force !== undefined) return force !== '0' && force !== 'false';
  return process[stream].isTTY === true && (no ?? '') === '' && terminal !== 'dumb';
}

/** Paints a word of severity; the word is always there, so that colour alone never says anything. */
export function paint(severity: Severity, text: string): string {
  const style = ({ error: 'red', warning: 'yellow', note: 'cyan' } as const)[severity];
  return styleText(['bold', style], text, { validateStream: false });
}
