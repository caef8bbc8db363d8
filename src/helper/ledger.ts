/** The ledger: one line for each of the last boots, in overlaykit/boots/0 to 7. */
import { isKernelError } from './port.ts';
import { sorted } from './sorted.ts';
import type { Storage } from './storage.ts';
import type { BoardPort } from './storage-port.ts';
import { printable } from './trouble.ts';

const files = ['0', '1', '2', '3', '4', '5', '6', '7'];
const maxBytes = 4096;

/** The lines, ordered by the first number in each, so that the last boot comes last. */
export function readBoots(port: BoardPort, { notes }: Storage): readonly string[] {
  try {
    const boots = port.openIn(notes, 'boots');
    try {
      const lines = files.map((name) => lineOf(port, boots, name)).filter((line) => line !== '');
      return sorted(lines, (a, b) => firstNumber(a) - firstNumber(b)).map((line) =>
        printable(line, maxBytes),
      );
    } finally {
      port.close(boots);
    }
  } catch (error) {
    // A board's first boot has none yet.
    if (isKernelError(error)) return [];
    throw error;
  }
}

function lineOf(port: BoardPort, boots: number, name: string): string {
  try {
    return (port.readIn(boots, name, maxBytes) ?? '').split('\n')[0] ?? '';
  } catch (error) {
    if (isKernelError(error)) return '';
    throw error;
  }
}

function firstNumber(line: string): number {
  let number = 0;
  let inside = false;
  for (let at = 0; at < line.length; at++) {
    const digit = '0123456789'.indexOf(line.charAt(at));
    if (digit < 0 && inside) break;
    if (digit < 0) continue;
    inside = true;
    number = number * 10 + digit;
  }
  return number;
}
