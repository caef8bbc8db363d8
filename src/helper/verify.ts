/**
 * `overlay_helper verify PLAN RUNG`: whether the merged root of this rung is fit to be entered.
 *
 * In: the entry of the plan, and the mounts as they are. Out: nothing, or Unfit with the reason. Changes nothing that stays.
 */

import { carriedMounts } from './carried.ts';
import { isDirectory } from './mode.ts';
import { type Mounts, readMounts } from './mounts.ts';
import type { Entry } from './plan.ts';
import { isKernelError, type Port } from './port.ts';
import { checkProgram } from './program.ts';
import { attemptInside, Unfit } from './trouble.ts';

/**
 * Checks the merged root.
 * @throws Unfit with the reason; any other Error where the helper cannot tell
 */
export function verify(port: Port, entry: Entry, mounts: Mounts = readMounts(port)): void {
  verifyUnion(port, mounts, entry.fstype, entry.newRoot);
  mountPointsAreDirectories(port, mounts, entry);
  checkProgram(port, entry.newRoot, entry.init);
}

/**
 * The part of it that entering does not find out.
 * @throws Unfit where the union is not there, or cannot be written
 */
export function verifyUnion(port: Port, mounts: Mounts, fstype: string, newRoot: string): void {
  unionIsMounted(mounts, fstype, newRoot);
  canBeWritten(port, newRoot);
}

function unionIsMounted(mounts: Mounts, fstype: string, newRoot: string): void {
  const found = mounts.fstypeAt(newRoot);
  if (found === undefined) throw new Unfit(`nothing is mounted at ${newRoot}; it should be ${fstype}`);
  if (found !== fstype) throw new Unfit(`${newRoot} is ${found}; it should be ${fstype}`);
}

const sample = 'overlaykit can write here\n';

/** A mount that says "rw" proves nothing: overlayfs mounts read-only by itself when it cannot make its work directory. */
function canBeWritten(port: Port, newRoot: string): void {
  const file = `${newRoot}/.overlaykit-verify`;
  // One that a power cut left. On a read-only union unlink fails even where there is nothing, so look first.
  if (attemptInside(`cannot look at ${file}`, () => port.lstat(file)) !== undefined) {
    attemptInside(`cannot remove ${file}`, () => port.unlink(file));
  }
  if (isFull(port, file)) return;
  try {
    const content = attemptInside(`cannot read ${file}`, () => port.readFile(file, sample.length));
    if (content !== sample) throw new Unfit(`${file} does not read as it was written`);
  } catch (error) {
    removeIfPossible(port, file);
    throw error;
  }
  attemptInside(`cannot remove ${file}`, () => port.unlink(file));
}

/** Writes the sample. A full storage still holds what was written before: better a board without room than one without it. */
function isFull(port: Port, file: string): boolean {
  try {
    port.createFile(file, sample);
    return false;
  } catch (error) {
    removeIfPossible(port, file);
    if (!isKernelError(error) || (error.code !== 'ENOSPC' && error.code !== 'EDQUOT')) {
      return attemptInside(`cannot write ${file}`, () => {
        throw error;
      });
    }
    port.log(
      3,
      'overlay_helper: verify: the storage is full; nothing more can be written until something is deleted',
    );
    return true;
  }
}

/** The first failure is the one to tell. */
function removeIfPossible(port: Port, file: string): void {
  try {
    port.unlink(file);
  } catch {}
}

/** A place that is missing is made later; a file or a link there would make the move fail, or end outside. */
function mountPointsAreDirectories(port: Port, mounts: Mounts, entry: Entry): void {
  for (const path of [entry.oldRoot, ...carriedMounts(mounts, entry)]) {
    const place = entry.newRoot + path;
    const status = attemptInside(`cannot look at ${place}`, () => port.lstat(place));
    if (status !== undefined && !isDirectory(status.mode)) {
      throw new Unfit(`${path} is not a directory in the merged root`);
    }
  }
}
