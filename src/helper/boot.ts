/**
 * `overlay_helper boot BOARD DIGEST RUNG OUTCOME STEP...`: a whole boot in which nothing is wrong and nothing is asked for, in one
 * process, as a child of overlay_init. It does what overlay_init's functions do, and leaves the merged root as the root of PID 1,
 * which then executes init.
 *
 * In: the plan as words (src/render/plain-words.ts), the storage, the mounts as the kernel made them. Out: nothing, or an error
 * once all is as it was found. Whatever is not plain is an error: overlay_init knows what to do.
 */
import { boardPaths, bootWord } from '../shared/helper-protocol.ts';
import type { BootPort } from './boot-port.ts';
import { closeAll, type PlainBoot, plainBoot } from './boot-so-far.ts';
import { runSteps } from './boot-steps.ts';

/** Why a boot is not plain. `restored` is false where something could not be undone. */
export class NotPlain extends Error {
  readonly restored: boolean;

  constructor(why: string, restored: boolean) {
    super(why);
    this.restored = restored;
  }
}

/**
 * Boots.
 * @param words of the call, without the verb
 * @throws NotPlain with the reason, once everything that was done is undone
 */
export function boot(port: BootPort, words: readonly string[]): void {
  const soFar: PlainBoot = plainBoot(port, words);
  try {
    expectBoot(port);
    runSteps(soFar);
  } catch (error) {
    // What is open on the storage would keep it from being unmounted.
    closeAll(soFar);
    const restored = soFar.undo.rollBack();
    throw new NotPlain(error instanceof Error ? error.message : String(error), restored);
  }
}

/** By hand on a running system this would take the root away from everybody. */
function expectBoot(port: BootPort): void {
  if (port.pid === 1) throw new Error('PID 1 cannot end; overlay_init starts this as a child');
  if (!port.environment.includes(bootWord)) throw new Error('only overlay_init can start it');
  if (port.lstat(boardPaths.status) !== undefined) throw new Error('this system has booted already');
}
