/** `status`: on which rung the board runs and why, what its state is, and what is wrong. Reads only. */
import {
  type BaseReport,
  type BoardReport,
  reportSchema,
  type SlotUse,
  type StorageReport,
} from '../../shared/report.ts';
import { chooseSlot, type SlotContent, type State } from '../../shared/state.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { adoptionWords } from '../adoption.ts';
import { waitingIn } from '../base/report.ts';
import { type BootStatus, readBootStatus } from '../boot-status.ts';
import { fullness, fullnessWords } from '../fullness.ts';
import { unprovisioned } from '../identity.ts';
import { json } from '../json.ts';
import { keptTroubles, troublesOfThisBoot } from '../kept-trouble.ts';
import { readBoots } from '../ledger.ts';
import { isKernelError } from '../port.ts';
import { readRequests } from '../reset-paths.ts';
import { storageReport } from '../room.ts';
import { readSettings } from '../settings.ts';
import { countingSlot, lookAtSlots, type Slots } from '../slots.ts';
import { openStorage, type Storage } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { oneLine, Refused } from '../trouble.ts';
import { wantsJson } from '../words.ts';
import { openWritable } from '../writable.ts';
import { baseReport } from './base.ts';
import { statusLines } from './status-lines.ts';

export function status(port: BoardPort, words: readonly string[]): number {
  const asJson = wantsJson(words);
  const report = reportOf(port);
  if (asJson) port.print(json(report));
  else for (const line of statusLines(report)) port.print(line);
  return report.troubles.length === 0 ? verbExit.done : verbExit.no;
}

function reportOf(port: BoardPort): BoardReport {
  const troubles: string[] = [];
  const boot = orTrouble(troubles, () => readBootStatus(port));
  const storage = orTrouble(troubles, () => openStorage(port));
  const slots = storage === undefined ? { a: undefined, b: undefined } : lookAtSlots(port, storage);
  const counts = chooseSlot(slots.a, slots.b);
  const room = storageReport(port);
  const base = storage === undefined ? undefined : baseReport(port, storage, boot?.booted);
  return {
    schema: reportSchema,
    ...words(boot),
    booted: boot?.booted ?? null,
    state: counts?.kind === 'state' ? withNulls(counts.state) : null,
    slots: { a: useOf(slots, 'a'), b: useOf(slots, 'b') },
    attemptsLimit: readSettings(port).attempts,
    storage: room,
    pending: storage === undefined ? { reset: false, paths: 0 } : pending(port, storage),
    base: {
      image: base?.image ?? null,
      fits: base?.fits ?? null,
      waiting: waitingIn(base?.facts ?? []),
    },
    boots: storage === undefined ? [] : readBoots(port, storage),
    kept: storage === undefined ? [] : keptTroubles(port, storage),
    troubles: [
      ...troubles,
      ...troublesOfBoot(port, boot),
      ...troublesOfIdentity(port, boot, storage),
      ...troublesOfSlots(slots, storage),
      ...troublesOfStorage(port, room),
      ...troublesOfMemory(port, room),
      ...troublesOfBase(base),
      ...troublesOfThisBoot(port),
    ].map(oneLine),
  };
}

function words(
  boot: BootStatus | undefined,
): Pick<BoardReport, 'board' | 'plan' | 'rung' | 'reasons' | 'reset' | 'device' | 'repaired'> {
  return {
    board: boot?.board ?? '',
    plan: boot?.plan ?? '',
    rung: boot?.rung ?? 'unknown',
    reasons: boot?.reasons ?? [],
    reset: boot?.reset ?? '',
    device: boot?.device ?? '',
    repaired: boot?.repaired ?? '',
  };
}

/** A report is made of what there is. */
function orTrouble<T>(troubles: string[], action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    troubles.push(error.message);
    return undefined;
  }
}

function withNulls({ seq, active, previous, trying, attempts, next, reset }: State): BoardReport['state'] {
  return {
    seq,
    active,
    previous: previous ?? null,
    trying: trying ?? null,
    attempts,
    next,
    reset: reset ?? null,
  };
}

function useOf(slots: Slots, name: 'a' | 'b'): SlotUse {
  const slot: SlotContent | undefined = slots[name];
  if (slot === undefined) return 'missing';
  if (slot.kind !== 'state') return slot.kind;
  return countingSlot(slots) === name ? 'counts' : 'older';
}

function pending(port: BoardPort, storage: Storage): BoardReport['pending'] {
  const { requests } = readRequests(port, storage);
  return { reset: port.statIn(storage.notes, 'reset') !== undefined, paths: requests.length };
}

/** What the boot has noted, and what the factory has forgotten; that may have been made good since the boot. */
function troublesOfIdentity(
  port: BoardPort,
  boot: BootStatus | undefined,
  storage: Storage | undefined,
): readonly string[] {
  const noted = (boot?.notes ?? []).filter((note) => !note.startsWith('not provisioned: '));
  if (storage === undefined) return noted;
  return [...noted, ...unprovisioned(port, storage).map((path) => `not provisioned: ${path}`)];
}

function troublesOfBoot(port: BoardPort, boot: BootStatus | undefined): readonly string[] {
  if (boot === undefined || boot.rung === 'persistent') return [];
  return [`rung ${boot.rung}: ${adoptionWords(port) ?? 'changes are not kept'}`];
}

function troublesOfSlots({ a, b }: Slots, storage: Storage | undefined): readonly string[] {
  if (storage === undefined) return [];
  const counts = chooseSlot(a, b);
  if (counts === undefined) return ['there is no state'];
  if (counts.kind === 'newer')
    return [`the state is of version ${counts.version}: a newer overlaykit has been here`];
  if (counts.kind === 'damaged') return ['no slot of the state is whole; the next boot makes it anew'];
  const damaged = [a?.kind === 'damaged' ? 'a' : '', b?.kind === 'damaged' ? 'b' : ''].filter(
    (name) => name !== '',
  );
  return damaged.map((name) => `slot ${name} of the state is damaged; the other one counts`);
}

/** The same that `watch` warns of, as it is now. */
function troublesOfMemory(port: BoardPort, room: StorageReport | null): readonly string[] {
  const { watermark } = readSettings(port);
  if (room === null || !room.volatile || watermark === undefined) return [];
  const now = fullness(port);
  if (now.percent < watermark) return [];
  try {
    const { upper } = openWritable(port);
    const words = fullnessWords(port, upper, now, watermark);
    port.close(upper);
    return [words];
  } catch (error) {
    if (error instanceof Refused || isKernelError(error)) return [`the tmpfs is ${now.percent} % full`];
    throw error;
  }
}

function troublesOfBase(base: BaseReport | undefined): readonly string[] {
  if (base === undefined || base.generation === null || base.image === null) return [];
  if (base.fits !== base.image)
    return [`generation ${base.generation} was made on another base image, and is not cleaned for this one`];
  const waiting = waitingIn(base.facts);
  if (base.policy !== 'review' || waiting === 0) return [];
  return [`${waiting} changed paths hide something new in this base image; decide with: overlay_helper base`];
}

function troublesOfStorage(port: BoardPort, room: StorageReport | null): readonly string[] {
  if (room === null) return ['nothing is mounted at /overlay'];
  const volatile =
    room.volatile && adoptionWords(port) === undefined
      ? [`the storage is ${room.fstype}: everything is lost when the power goes`]
      : [];
  const full = room.full
    ? [`the storage is full: ${room.availableBytes} bytes and ${room.availableInodes} inodes are free`]
    : [];
  return [...volatile, ...full];
}
