/** Asks for a secret on the terminal: what is typed is not shown, and kept nowhere but in the answer. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';

/**
 * The line that is typed, or undefined where the terminal is closed first. The question goes to stderr.
 * @throws the signal's reason when it is aborted
 */
export async function askSecret(question: string, signal: AbortSignal): Promise<string | undefined> {
  signal.throwIfAborted();
  // readline echoes what is typed to its output: this one swallows it.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: nowhere, terminal: true, historySize: 0 });
  terminal.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  // Only now: before readline has the terminal, the kernel itself echoes.
  process.stderr.write(`${question}: `);
  const close = (): void => terminal.close();
  signal.addEventListener('abort', close);
  try {
    const line = await new Promise<string | undefined>((resolve) => {
      terminal.once('line', resolve);
      terminal.once('close', () => resolve(undefined));
    });
    signal.throwIfAborted();
    return line;
  } finally {
    signal.removeEventListener('abort', close);
    close();
    process.stderr.write('\n');
  }
}
