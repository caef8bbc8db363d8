/** The two slots of the state: read, judged, and written so that a power cut leaves the old state or the new one. */
import {
  chooseSlot,
  maxNumber,
  parseSlot,
  type SlotContent,
  type State,
  stateLine,
} from '../shared/state.ts';
import { isKernelError } from './port.ts';
import type { Storage } from './storage.ts';
import type { BoardPort } from './storage-port.ts';
import { attempt, Refused, reason } from './trouble.ts';

export type SlotName = 'a' | 'b';

/** What each slot holds; undefined where there is no such file. */
export interface Slots {
  readonly a: SlotContent | undefined;
  readonly b: SlotContent | undefined;
}

type ReadPort = Pick<BoardPort, 'readIn'>;

/** A whole line is much shorter; noise of any size is judged by its beginning. */
const slotBytes = 512;

/** What is there, but is no file: a link, a directory, a device. */
const noFile = ['EINVAL', 'EISDIR', 'ELOOP', 'ENXIO'];

/**
 * Reads both slots.
 * @throws Error where one cannot be read: going on from the older one would forget what was decided since
 */
export function readSlots(port: ReadPort, storage: Pick<Storage, 'notes'>): Slots {
  return { a: readSlot(port, storage, 'a', noFile), b: readSlot(port, storage, 'b', noFile) };
}

/** The same for whoever only looks: a slot that cannot be read is damaged. */
export function lookAtSlots(port: ReadPort, storage: Storage): Slots {
  return { a: readSlot(port, storage, 'a'), b: readSlot(port, storage, 'b') };
}

/** `damage` are the errors that mean a damaged slot; any, where it is not given. */
function readSlot(
  port: ReadPort,
  { notes }: Pick<Storage, 'notes'>,
  slot: SlotName,
  damage?: readonly string[],
): SlotContent | undefined {
  const name = `state.${slot}`;
  try {
    const text = port.readIn(notes, name, slotBytes);
    return text === undefined ? undefined : parseSlot(text);
  } catch (error) {
    if (!isKernelError(error)) throw error;
    if (damage === undefined || damage.includes(error.code)) return { kind: 'damaged' };
    throw new Error(reason(`cannot read /overlay/overlaykit/${name}`, error));
  }
}

/** Which slot counts; undefined where none is whole. */
export function countingSlot({ a, b }: Slots): SlotName | undefined {
  const counts = chooseSlot(a, b);
  if (counts?.kind !== 'state') return undefined;
  return counts === a ? 'a' : 'b';
}

/**
 * The state that counts.
 * @throws Refused where there is none that may be changed
 */
export function currentState({ a, b }: Slots): State {
  const counts = chooseSlot(a, b);
  if (counts?.kind === 'state') return counts.state;
  if (counts?.kind === 'newer')
    throw new Refused(`the state is of version ${counts.version}: a newer overlaykit has been here`);
  throw new Refused('no slot of the state is whole; the next boot makes it anew');
}

/**
 * Writes a state into the slot that does not count, and reads it back. Only then may anything rely on it.
 * @param change what becomes of the state; its seq is counted here
 * @throws Error saying what failed; the state that counted before still does
 */
export function writeState(port: BoardPort, storage: Storage, slots: Slots, change: State): void {
  const { seq } = currentState(slots);
  if (seq >= maxNumber || change.next > maxNumber) throw new Refused('the numbers of the state are used up');
  const slot = countingSlot(slots) === 'a' ? 'b' : 'a';
  const name = `state.${slot}`;
  const line = stateLine({ ...change, seq: seq + 1 });
  attempt(`cannot write /overlay/overlaykit/${name}`, () => {
    clear(port, storage, name);
    port.writeIn(storage.notes, name, line);
    port.syncDirectory(storage.notes);
    port.syncFileSystem(storage.notes);
  });
  const found = attempt(`cannot read /overlay/overlaykit/${name} back`, () =>
    port.readIn(storage.notes, name, slotBytes),
  );
  if (found !== line) throw new Error(`/overlay/overlaykit/${name} does not read back as it was written`);
}

/** What is no file gives way: it is not the slot that counts. */
function clear(port: BoardPort, { notes }: Storage, name: string): void {
  const status = port.statIn(notes, name);
  if (status === undefined || (status.mode & 0o170000) === 0o100000) return;
  if (port.removeIn(notes, name) === 'directory') port.removeDirectoryIn(notes, name);
}
