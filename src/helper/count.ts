/** The generation of a plain boot: the active one, of a state that is whole in both slots, with nothing asked for. */
import { boardPaths, bootNotes } from '../shared/helper-protocol.ts';
import { maxNumber, type State, stateLine } from '../shared/state.ts';
import { attempted } from '../shared/state-changes.ts';
import type { BootPort } from './boot-port.ts';
import { opened, type PlainBoot } from './boot-so-far.ts';
import { isDirectory } from './mode.ts';
import { countingSlot, currentState, readSlots, type Slots } from './slots.ts';
import { attempt } from './trouble.ts';

export interface Count {
  readonly generation: number;
  /** The seq of the state in which this boot is counted. */
  readonly seq: number;
  /** The lowest number that no generation has. */
  readonly firstFree: number;
}

const lineBytes = 4096;

/**
 * Chooses and counts. The attempt is durable when this returns, and before it is, /run/overlaykit says so: should this process
 * end, overlay_init does not count the boot again.
 * @param limit of attempts
 * @param request the file that asks for a factory reset; empty where there is none
 * @throws Error where anything but the active generation is to boot
 */
export function chooseGeneration(soFar: PlainBoot, limit: number, request: string): Count {
  const { port } = soFar;
  const notes = opened(soFar.notes, 'the storage');
  const run = opened(soFar.run, boardPaths.runDir);
  const slots = readSlots(port, { notes });
  const state = stateThatCounts(slots);
  expectNothingAsked(port, notes, request);
  if (state.trying !== undefined) throw new Error('a generation is being tried');
  if (state.attempts >= limit) throw new Error('it was tried too often');
  expectDirectories(port, state.active);
  const counted = attempted(state);
  attempt('cannot count the boot', () => {
    port.writeIn(run, bootNotes.counted, `${counted.seq}\n`);
    write(port, notes, slots, counted);
  });
  return { generation: state.active, seq: counted.seq, firstFree: state.next };
}

/** A damaged slot is worth a word, which overlay_init has. */
function stateThatCounts(slots: Slots): State {
  const { a, b } = slots;
  if ((a !== undefined && a.kind !== 'state') || (b !== undefined && b.kind !== 'state'))
    throw new Error('the state is not whole in both slots');
  const state = currentState(slots);
  if (state.seq >= maxNumber - 1) throw new Error('the numbers of the state are used up');
  return state;
}

function write(port: BootPort, notes: number, slots: Slots, counted: State): void {
  const into = countingSlot(slots) === 'a' ? 'b' : 'a';
  port.writeIn(notes, `state.${into}`, stateLine(counted));
  // A file that was not there is found after a power cut only where its directory is on the storage too.
  if (slots[into] === undefined) port.syncFileSystem(notes);
}

function expectNothingAsked(port: BootPort, notes: number, request: string): void {
  if (port.readIn(notes, 'reset-paths', 0) !== undefined)
    throw new Error('the changes below some paths are to be forgotten');
  if (request !== '' && port.lstat(request) !== undefined) throw new Error(`${request} asks for a reset`);
}

function expectDirectories(port: BootPort, generation: number): void {
  for (const name of ['upper', 'work']) {
    const status = port.lstat(`${boardPaths.storage}/generations/${generation}/${name}`);
    if (status === undefined || !isDirectory(status.mode))
      throw new Error(`generation ${generation} is not whole`);
  }
}

/**
 * Whether the generation was made on this base image, or nothing can be said about that.
 * @throws Error where overlay_init has to see to it
 */
export function expectBase(port: BootPort, generation: number, review: boolean): void {
  if (port.lstat(boardPaths.base) === undefined) return;
  const place = `${boardPaths.storage}/generations/${generation}`;
  if (firstLine(port, `${place}/base`) !== firstLine(port, boardPaths.base))
    throw new Error('the generation was made on another base image');
  // Every boot says how many paths wait for somebody.
  if (review && port.lstat(`${place}/base-report`) !== undefined)
    throw new Error('the new base image waits for a review');
}

function firstLine(port: BootPort, path: string): string {
  const text = attempt(`cannot read ${path}`, () => port.readFile(path, lineBytes));
  const end = text.indexOf('\n');
  return end < 0 ? text : text.slice(0, end);
}

/**
 * Whether the identity is in the generation.
 * @throws Error where overlay_init has to bring it there
 */
export function expectIdentity(port: BootPort, notes: number, generation: number): void {
  const marker = port.readIn(notes, 'identity.generation', lineBytes);
  if (marker?.split('\n')[0] !== `generation ${generation} end`)
    throw new Error('the identity is to be brought into another generation');
}
