/**
 * Failures of what nobody watches: the verbs that overlay_init runs. They are kept for this boot in /run/overlaykit, and over
 * the reboot on the storage, a line each: "seq=N TEXT", N being that of the state then.
 */
import { boardPaths } from '../shared/helper-protocol.ts';
import { chooseSlot } from '../shared/state.ts';
import { isKernelError } from './port.ts';
import { lookAtSlots } from './slots.ts';
import { openStorage, type Storage } from './storage.ts';
import type { BoardPort } from './storage-port.ts';
import { printable, Refused } from './trouble.ts';

const file = 'troubles';
const maxBytes = 8192;
/** Lines; what fails again and again is one of them. */
const most = 8;
/** Characters of a line: all of them fit into what is read, whatever noise is among them. */
const longest = 500;

/** Keeps a line in both places, as far as they are there: it was said already, and this must not hide it. */
export function keepTrouble(port: BoardPort, text: string): void {
  const storage = whereThereIs(() => openStorage(port));
  const line = `seq=${storage === undefined ? '-' : seqOf(port, storage)} ${text}`;
  whereThereIs(() => {
    const run = port.openDirectory(boardPaths.runDir);
    keepIn(port, run, line);
    port.close(run);
  });
  if (storage !== undefined) whereThereIs(() => keepIn(port, storage.notes, line));
}

/** Lines of this boot, without their numbers. */
export function troublesOfThisBoot(port: BoardPort): readonly string[] {
  const lines = whereThereIs(() => {
    const run = port.openDirectory(boardPaths.runDir);
    const found = linesIn(port, run);
    port.close(run);
    return found;
  });
  return (lines ?? []).map(textOf);
}

/** Lines of this boot and of those before it, the last one last. */
export function keptTroubles(port: BoardPort, { notes }: Storage): readonly string[] {
  return whereThereIs(() => linesIn(port, notes)) ?? [];
}

function keepIn(port: BoardPort, directory: number, line: string): void {
  const others = linesIn(port, directory).filter((one) => textOf(one) !== textOf(line));
  port.writeIn(directory, file, `${[...others, line].slice(-most).join('\n')}\n`);
}

function linesIn(port: BoardPort, directory: number): readonly string[] {
  const lines = (port.readIn(directory, file, maxBytes) ?? '').split('\n');
  return lines.filter((line) => line !== '').map((line) => printable(line, longest));
}

function textOf(line: string): string {
  return line.slice(line.indexOf(' ') + 1);
}

function seqOf(port: BoardPort, storage: Storage): string {
  const slots = lookAtSlots(port, storage);
  const counts = chooseSlot(slots.a, slots.b);
  return counts?.kind === 'state' ? String(counts.state.seq) : '-';
}

/** Undefined where the place is missing, full, or cannot be read. */
function whereThereIs<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (error instanceof Refused || isKernelError(error)) return undefined;
    throw error;
  }
}
