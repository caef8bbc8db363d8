/** With -v: every program that is run, as a line that can be pasted into a shell. */
import type { ChildProcess } from 'node:child_process';
import { subscribe } from 'node:diagnostics_channel';
import { quote } from '../render/quote.ts';

export function traceProcesses(say: (line: string) => void): void {
  // https://nodejs.org/docs/latest-v20.x/api/diagnostics_channel.html#child-process
  subscribe('child_process', (message) => {
    const child = (message as { readonly process: ChildProcess }).process;
    child.once('spawn', () => say(`+ ${child.spawnargs.map(quote).join(' ')}`));
  });
}
