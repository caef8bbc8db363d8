/** The generation of a plain boot: the active one, of a state that is whole in both slots, with nothing asked for. */
import { boardPaths, bootNotes } from '../shared/helper-protocol.ts';
import {
  chooseSlot,
  maxNumber,
  parseSlot,
  type SlotContent,
  type State,
  stateLine,
} from '../shared/state.ts';
import type { BootPort } from './boot-port.ts';
import { bytesOf } from './bytes.ts';
import { isDirectory } from './mode.ts';
import { attempt } from './trouble.ts';

export interface Count {
  readonly generation: number;
  /** The seq of the state in which this boot is counted. */
  readonly seq: number;
  /** The lowest number that no generation has. */
  readonly firstFree: number;
}

const notes = `${boardPaths.storage}/overlaykit`;
const slotBytes = 512;
const lineBytes = 4096;

/**
 * Chooses and counts. The attempt is durable when this returns, and before it is, /run/overlaykit says so: should this process
 * end, overlay_init does not count the boot again.
 * @throws Error where anything but the active generation is to boot
 */
export function chooseGeneration(port: BootPort, step: Readonly<Record<string, unknown>>): Count {
  const directory = attempt(`cannot open ${notes}`, () => port.openDirectory(notes));
  try {
    const a = slot(port, directory, 'state.a');
    const b = slot(port, directory, 'state.b');
    const state = stateThatCounts(a, b);
    expectNothingAsked(port, step);
    if (state.trying !== undefined) throw new Error('a generation is being tried');
    if (!(typeof step.limit === 'number' && state.attempts < step.limit))
      throw new Error('it was tried too often');
    expectDirectories(port, state.active);
    const counted = { ...state, seq: state.seq + 1, attempts: state.attempts + 1 };
    noteCounted(port, counted.seq);
    const [into, before] = chooseSlot(a, b) === a ? ['b', b] : ['a', a];
    attempt('cannot count the boot', () => {
      port.writeIn(directory, `state.${into}`, stateLine(counted));
      // A file that was not there is found after a power cut only where its directory is on the storage too.
      if (before === undefined) port.syncFileSystem(directory);
    });
    return { generation: state.active, seq: counted.seq, firstFree: state.next };
  } finally {
    port.close(directory);
  }
}

function noteCounted(port: BootPort, seq: number): void {
  const run = port.openDirectory(boardPaths.runDir);
  try {
    port.writeIn(run, bootNotes.counted, `${seq}\n`);
  } finally {
    port.close(run);
  }
}

function slot(port: BootPort, directory: number, name: string): SlotContent | undefined {
  const line = attempt(`cannot read ${name}`, () => port.readIn(directory, name, slotBytes));
  return line === undefined ? undefined : parseSlot(line);
}

/** A damaged slot is worth a word, which overlay_init has. */
function stateThatCounts(a: SlotContent | undefined, b: SlotContent | undefined): State {
  const counts = chooseSlot(a, b);
  const bad = [a, b].some((one) => one !== undefined && one.kind !== 'state');
  if (counts?.kind !== 'state' || bad) throw new Error('the state is not whole in both slots');
  if (counts.state.seq >= maxNumber - 1) throw new Error('the numbers of the state are used up');
  return counts.state;
}

function expectNothingAsked(port: BootPort, { requestFile }: Readonly<Record<string, unknown>>): void {
  const requests = [
    `${notes}/reset-paths`,
    ...(typeof requestFile === 'string' ? [bytesOf(requestFile)] : []),
  ];
  const [asked] = requests.filter((path) => port.lstat(path) !== undefined);
  if (asked !== undefined) throw new Error(`${asked} asks for a reset`);
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
  const base = firstLine(port, boardPaths.base);
  if (base === undefined) return;
  const place = `${boardPaths.storage}/generations/${generation}`;
  if (firstLine(port, `${place}/base`) !== base)
    throw new Error('the generation was made on another base image');
  // Every boot says how many paths wait for somebody.
  if (review && port.lstat(`${place}/base-report`) !== undefined)
    throw new Error('the new base image waits for a review');
}

/**
 * Whether the identity is in the generation.
 * @throws Error where overlay_init has to bring it there
 */
export function expectIdentity(port: BootPort, generation: number): void {
  if (firstLine(port, `${notes}/identity.generation`) !== `generation ${generation} end`)
    throw new Error('the identity is to be brought into another generation');
}

function firstLine(port: BootPort, path: string): string | undefined {
  if (port.lstat(path) === undefined) return undefined;
  return attempt(`cannot read ${path}`, () => port.readFile(path, lineBytes)).split('\n')[0];
}
