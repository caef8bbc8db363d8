/**
 * `overlay_helper enter PLAN RUNG [WORD...]`: from the old root with a union mounted in it to init in the merged root.
 *
 * In: an entry that `verify` found fit, and the words the kernel gave. Out: init is executed, or everything is as before
 * and the reason is thrown. Runs as PID 1 in place of overlay_init.
 *
 * Both ways give the same mount table: the union at /, the old root at `oldRoot`, the carried mounts at their paths.
 */
import { boardPaths, privateWordPrefix } from '../shared/helper-protocol.ts';
import { carriedMounts } from './carried.ts';
import { isDirectory } from './mode.ts';
import { type Mounts, readMounts } from './mounts.ts';
import type { Entry } from './plan.ts';
import type { Port } from './port.ts';
import { protectLayers } from './protect.ts';
import { attempt, reason } from './trouble.ts';
import { type Undo, undoList } from './undo.ts';

const console = '/dev/console';

/**
 * Enters the merged root and executes init.
 * @throws Error with the reason, once everything that was done is undone
 */
export function enter(port: Port, entry: Entry, words: readonly string[]): void {
  if (port.pid !== 1) throw new Error('only PID 1 can enter: the root of a running system is not changed');
  const undo = undoList(port);
  try {
    goInside(port, undo, entry, readMounts(port));
    useConsole(port);
    executeInit(port, entry, words);
  } catch (error) {
    undo.rollBack();
    throw error;
  }
}

/** Moves what is carried, and makes the merged root the root. What is done can be undone. */
export function goInside(port: Port, undo: Undo, entry: Entry, mounts: Mounts): void {
  if (entry.protect) protectLayers(port, mounts, boardPaths.storage);
  const carried = carriedMounts(mounts, entry);
  for (const path of [entry.oldRoot, ...carried]) makeMountPoint(port, undo, entry, path);
  for (const path of carried) moveIn(port, undo, entry, path);
  if (entry.how === 'pivot') pivot(port, undo, entry);
  else changeRoot(port, undo, entry);
}

/** Makes the directory in the merged root where it is missing, and those above it. */
function makeMountPoint(port: Port, undo: Undo, { newRoot }: Entry, path: string): void {
  let place = newRoot;
  for (const part of path.slice(1).split('/')) {
    place += `/${part}`;
    const here = place;
    const what = `make ${here}`;
    const status = attempt(`cannot look at ${here}`, () => port.lstat(here));
    // A symbolic link could lead out of the merged root: from here, links still start at the old one.
    if (status !== undefined && !isDirectory(status.mode)) throw new Error(`${here} is not a directory`);
    if (status !== undefined) continue;
    undo.step(
      what,
      () => attempt(`cannot ${what}`, () => port.mkdir(here)),
      () => port.rmdir(here),
    );
  }
}

function moveIn(port: Port, undo: Undo, { newRoot }: Entry, path: string): void {
  const what = `move ${path} into the merged root`;
  undo.step(
    what,
    () => attempt(`cannot ${what}`, () => port.moveMount(path, newRoot + path)),
    () => port.moveMount(newRoot + path, path),
  );
}

function pivot(port: Port, undo: Undo, { newRoot, oldRoot }: Entry): void {
  undo.step(
    'pivot',
    () => attempt(`cannot pivot to ${newRoot}`, () => port.pivotRoot(newRoot, newRoot + oldRoot)),
    () => {
      // The way back is the same pivot from the other side: the union's mount point is still there in the old root.
      port.pivotRoot(oldRoot, oldRoot + newRoot);
      port.chdir('/');
    },
  );
  attempt('cannot change to the directory /', () => port.chdir('/'));
}

function changeRoot(port: Port, undo: Undo, { newRoot, oldRoot }: Entry): void {
  const place = newRoot + oldRoot;
  undo.step(
    `bind the old root at ${oldRoot}`,
    () => attempt(`cannot bind / at ${place}`, () => port.bindMount('/', place)),
    () => port.unmount(place),
  );
  // A chroot has no way back but a descriptor of the directory outside.
  const outside = attempt('cannot open the old root', () => port.openDirectory('/'));
  undo.step(
    'chroot',
    () => attempt(`cannot chroot to ${newRoot}`, () => port.chroot(newRoot)),
    () => {
      port.enterDirectory(outside);
      port.chroot('.');
    },
  );
  attempt('cannot change to the directory /', () => port.chdir('/'));
}

/** The descriptors that the kernel opened belong to the old root's /dev. Without a console init does as it always does. */
function useConsole(port: Port): void {
  try {
    port.reopenStdio(console);
  } catch (error) {
    port.log(5, reason(`overlay_helper: enter: goes on without ${console}`, error));
  }
}

function executeInit(port: Port, { rung, fstype, init }: Entry, words: readonly string[]): void {
  const environment = port.environment.filter((word) => !word.startsWith(privateWordPrefix));
  port.log(6, `overlay_helper: enter: rung ${rung}: the root is ${fstype}, executing ${init}`);
  attempt(`cannot execute ${init} in the merged root`, () =>
    port.execve(init, [init, ...words], environment),
  );
}
