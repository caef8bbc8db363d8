/** When the helper cannot enter: overlay_init goes on from where it handed over, and knows why. */
import { boardPaths, helperFailure, privateWordPrefix, rememberedWords } from '../shared/helper-protocol.ts';
import type { Port } from './port.ts';

/**
 * Executes overlay_init again with the reason in its environment.
 * @param why one line, see `reason`
 * @throws KernelError where not even that works; main.c then looks for anything that can be executed
 */
export function giveBack(port: Port, why: string, rung: string, words: readonly string[]): never {
  const kept = port.environment.filter(
    (word) =>
      !word.startsWith(privateWordPrefix) || rememberedWords.some((name) => word.startsWith(`${name}=`)),
  );
  return port.execve(
    boardPaths.overlayInit,
    [boardPaths.overlayInit, ...words],
    [...kept, `${helperFailure.reason}=${why}`, `${helperFailure.rung}=${rung}`],
  );
}
