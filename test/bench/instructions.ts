/**
 * How many instructions a program executes in user space, whatever its processor: QEMU's emulator of the processor is told to
 * translate one instruction at a time, and to log each that it executes. What the kernel does in system calls is this machine's,
 * and not counted.
 */
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** Words for an emulator of qemu-user, which logs to stderr then. */
export const countingWords = ['-singlestep', '-d', 'exec,nochain'] as const;

export interface Counted {
  readonly instructions: number;
  /** All that was no log of an instruction. */
  readonly said: string;
}

/**
 * Counts what is logged until the log ends.
 * @param delaySlots whether the processor has them (MIPS): a branch and the instruction behind it are one entry then
 */
export async function countInstructions(log: Readable, delaySlots: boolean): Promise<Counted> {
  const said: string[] = [];
  let instructions = 0;
  let last = Number.NaN;
  for await (const line of createInterface({ input: log })) {
    // Trace CPU: HOST [CS_BASE/PC/FLAGS/CFLAGS] SYMBOL
    const at = line.startsWith('Trace ') ? line.indexOf('/') : -1;
    if (at < 0) {
      said.push(line);
      continue;
    }
    const here = Number.parseInt(line.slice(at + 1, at + 17), 16);
    instructions += 1;
    // The instruction before this one was a branch, unless this one is the next.
    if (delaySlots && here !== last + 4 && !Number.isNaN(last)) instructions += 1;
    last = here;
  }
  return { instructions, said: said.join('\n') };
}
