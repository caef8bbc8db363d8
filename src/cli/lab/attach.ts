/** The console of a virtual board on this terminal: what it says goes to stdout, lines that are typed go to it. */
import { createInterface } from 'node:readline';
import type { Boot } from '../../lab/index.ts';
import type { Context } from '../command.ts';

const every = 50;

/** Returns when the board has ended, or has been shut down because stdin did. */
export async function attachConsole(boot: Boot, context: Context): Promise<void> {
  let shown = 0;
  const show = (): void => {
    const text = boot.console.slice(shown);
    shown += text.length;
    if (text !== '') context.print(text);
  };
  const timer = setInterval(show, every);
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => boot.send(line));
  lines.on('close', () => void boot.poweroff());
  try {
    await boot.exited;
    show();
  } finally {
    clearInterval(timer);
    lines.removeAllListeners('close').close();
    // Reading stdin keeps the process alive.
    process.stdin.unref();
  }
}
