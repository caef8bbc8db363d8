/** Lines for whoever logs in, beside those that overlay_init has left. */
import { boardPaths } from '../shared/helper-protocol.ts';
import type { BoardPort } from './storage-port.ts';

const loginBytes = 64 * 1024;

/**
 * Puts a line in the place of the one with the same sign, or takes it away.
 * @param sign what the line begins with, and no other's does
 * @param words what follows; undefined for no line
 */
export function setLoginLine(port: BoardPort, sign: string, words: string | undefined): void {
  const run = port.openDirectory(boardPaths.runDir);
  const before = (port.readIn(run, 'login', loginBytes) ?? '').split('\n');
  const others = before.filter((line) => line !== '' && !line.startsWith(sign));
  const lines = words === undefined ? others : [...others, `${sign}${words}`];
  if (lines.length > 0) port.writeIn(run, 'login', `${lines.join('\n')}\n`);
  else port.removeIn(run, 'login');
  port.close(run);
}
