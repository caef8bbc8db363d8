/** When the helper cannot enter: overlay_init goes on from where it handed over, and knows why. */
import {
  helperFailure,
  overlayInitOf,
  privateWordPrefix,
  rememberedWords,
} from '../shared/helper-protocol.ts';
import type { Port } from './port.ts';

/**
 * Executes overlay_init again with the reason in its environment.
 * @param why one line, see `reason`
 * @param plan its path, which says which overlay_init it was
 * @throws KernelError where not even that works; main.c then looks for anything that can be executed
 */
export function giveBack(
  port: Port,
  why: string,
  plan: string,
  rung: string,
  words: readonly string[],
): never {
  const kept = port.environment.filter(
    (word) =>
      !word.startsWith(privateWordPrefix) || rememberedWords.some((name) => word.startsWith(`${name}=`)),
  );
  const overlayInit = overlayInitOf(plan);
  return port.execve(
    overlayInit,
    [overlayInit, ...words],
    [...kept, `${helperFailure.reason}=${why}`, `${helperFailure.rung}=${rung}`],
  );
}
