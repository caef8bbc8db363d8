/** Processor time that is used up. */
import { readFile } from 'node:fs/promises';
import { childrenMs } from './proc-stat.ts';

/** Milliseconds of user and system time so far, of this process and of the programs that it has waited for. */
export async function processor(): Promise<number> {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000 + childrenMs(await readFile('/proc/self/stat', 'latin1'));
}
