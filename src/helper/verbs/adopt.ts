/**
 * `adopt`: a rung in memory that stands in for a storage which was blank. Every few seconds all changes become a new generation,
 * complete before one write of the state makes it the one to boot; the one before it is deleted last. The power may go
 * at any moment: what the last whole copy has is there at the next boot.
 */

import { boardPaths } from '../../shared/helper-protocol.ts';
import { adopted } from '../../shared/state-changes.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { type Adoption, adoptEvery, tellAdoption, uptime, writeAdoption } from '../adoption.ts';
import { generationIdentity, imageIdentity, noteIdentity } from '../base/identity.ts';
import { withBorrowedStorage } from '../borrowed-storage.ts';
import type { Lack } from '../copy-tree.ts';
import { fingerprint } from '../fingerprint.ts';
import { measure } from '../measure.ts';
import { makeGeneration, takeNumber, tellLacks } from '../new-generation.ts';
import { refuseTooLarge } from '../room.ts';
import { currentState, readSlots, writeState } from '../slots.ts';
import { lockGenerations, openOrBegin, type Storage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { oneLine, Refused, reason, WrongWords } from '../trouble.ts';
import { openWritable } from '../writable.ts';
import { sweepStorage } from './sweep.ts';

export function adopt(port: BoardPort, words: readonly string[]): number {
  const once = words[0] === '--once';
  if (words.length > (once ? 1 : 0)) throw new WrongWords();
  const { rung, volatile, upper } = openWritable(port);
  port.close(upper);
  if (!volatile) throw new Refused(`rung "${rung}" is on the storage; only what is in memory is adopted`);
  return withBorrowedStorage(port, (path, device) => {
    const storage = openOrBegin(port, path);
    if (!once) adoptForEver(port, { storage, path }, device);
    port.print(passOver(port, { storage, path }, undefined).copied);
    return verbExit.done;
  });
}

interface Target {
  readonly storage: Storage;
  /** Where it is mounted. */
  readonly path: string;
}

function adoptForEver(port: BoardPort, target: Target, device: string): never {
  let seen: string | undefined;
  let adoption: Adoption = { device, copied: '', trouble: '', looked: uptime(port) };
  for (;;) {
    const before = adoption;
    try {
      const pass = passOver(port, target, seen);
      seen = pass.seen;
      const copied = pass.copied === '' ? before.copied : `${pass.copied}, ${uptime(port)} s after the start`;
      adoption = { device, copied, trouble: '', looked: uptime(port) };
    } catch (error) {
      // Whatever it is, what was copied is whole, and the next pass may find room, or the file again.
      adoption = { ...before, trouble: oneLine(reason('copying', error)), looked: uptime(port) };
    }
    tell(port, before, adoption);
    port.sleep(adoptEvery);
  }
}

/** The kernel log gets what is new: the first copy, and what goes wrong or right again. */
function tell(port: BoardPort, before: Adoption, now: Adoption): void {
  writeAdoption(port, now);
  if (before.copied !== now.copied || before.trouble !== now.trouble) tellAdoption(port, now);
  if (now.trouble !== before.trouble && now.trouble !== '')
    port.log(3, `overlaykit: changes are not copied to ${now.device}: ${now.trouble}`);
  else if (now.trouble !== before.trouble || (before.copied === '' && now.copied !== ''))
    port.log(6, `overlaykit: changes are copied to ${now.device} every ${adoptEvery} s: ${now.copied}`);
}

interface Pass {
  /** What the upper looked like before it was copied. */
  readonly seen: string;
  /** What was made, in words; empty where nothing had changed. */
  readonly copied: string;
}

/** One look, and a copy where something is not as it was seen last. */
function passOver(port: BoardPort, target: Target, last: string | undefined): Pass {
  const { upper } = openWritable(port);
  try {
    // Before the copy: what changes meanwhile is copied by the next pass.
    const seen = fingerprint(port, upper);
    return { seen, copied: seen === last ? '' : copyAll(port, target, upper) };
  } finally {
    port.close(upper);
  }
}

function copyAll(port: BoardPort, { storage, path }: Target, upper: number): string {
  // The lock belongs to this descriptor, and ends with it: between two passes others may have it.
  const locked: Storage = { ...storage, generations: port.openIn(storage.generations, '.') };
  try {
    lockGenerations(port, locked);
    sweepStorage(port, locked, undefined);
    const { active } = currentState(readSlots(port, locked));
    noteBase(port, locked, active);
    refuseTooLarge(port, measure(port, upper), path);
    const number = withState(port, locked, () =>
      takeNumber(port, locked, undefined, (state) => adopted(state, state.active)),
    );
    const lacks = makeGeneration(port, locked, { number, from: active, upper });
    withState(port, locked, () => {
      const slots = readSlots(port, locked);
      writeState(port, locked, slots, adopted(currentState(slots), number));
    });
    sweepSuperseded(port, locked);
    return said(port, number, lacks);
  } finally {
    port.close(locked.generations);
  }
}

/** What is copied was made on the image that runs. */
function noteBase(port: BoardPort, storage: Storage, number: number): void {
  const image = imageIdentity(port, boardPaths.oldRoot);
  if (image === undefined || generationIdentity(port, storage, number) !== undefined) return;
  noteIdentity(port, storage, number, image);
}

/** It is over already; what cannot be deleted now is tried again by every later sweep. */
function sweepSuperseded(port: BoardPort, storage: Storage): void {
  try {
    sweepStorage(port, storage, undefined);
  } catch (error) {
    port.complain(reason('overlay_helper: adopt: sweeping', error));
  }
}

function said(port: BoardPort, number: number, lacks: readonly Lack[]): string {
  tellLacks(port, lacks);
  const changing = lacks.find(({ kind }) => kind === 'changing')?.count ?? 0;
  return `generation ${number}${changing === 0 ? '' : `, in which ${changing} files may be half-written`}`;
}
