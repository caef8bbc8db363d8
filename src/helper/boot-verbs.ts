/**
 * What overlay_init asks of overlay_helper while it boots: one function a verb, from its words to its exit code. boot-main.ts
 * calls it with the real kernel, the tests with one that fails. The verbs of the running board are in board-verbs.ts.
 */
import { bootExit, verifyExit } from '../shared/helper-protocol.ts';
import { planSchema } from '../shared/plan.ts';
import { boot, NotPlain } from './boot.ts';
import type { BootPort } from './boot-port.ts';
import { enter } from './enter.ts';
import { giveBack } from './give-back.ts';
import { readEntry } from './plan.ts';
import type { Port } from './port.ts';
import { oneLine, reason, Unfit } from './trouble.ts';
import { verify } from './verify.ts';

/** Exit codes beside those of helper-protocol.ts; to the script all of them mean that it has to see for itself. */
const failed = 1;
const usage = 2;

/** "overlay_helper VERSION (SCHEMA OF THE PLAN)". Not among the verbs of the running board: it says so of a helper that lacks those too. */
export function sayVersion(port: Port, words: readonly string[], version: string): number {
  if (words.length > 1) {
    port.complain('usage: overlay_helper version');
    return usage;
  }
  port.print(`overlay_helper ${version} (${planSchema})`);
  return 0;
}

/** Does what the words ask for (without the program's own name). Returns the exit code; `enter` does not return. */
export function run(port: Port, words: readonly string[]): number {
  const [verb, plan, rung, ...rest] = words;
  if (verb === 'verify' && plan !== undefined && rung !== undefined && rest.length === 0) {
    return runVerify(port, plan, rung);
  }
  if (verb === 'enter' && plan !== undefined && rung !== undefined) return runEnter(port, plan, rung, rest);
  port.complain(
    'usage: overlay_helper boot BOARD DIGEST RUNG OUTCOME STEP... | verify PLAN RUNG | enter PLAN RUNG [WORD...]',
  );
  return usage;
}

/** The same for `boot`, which asks more of the kernel. */
export function runBoot(port: BootPort, words: readonly string[]): number {
  try {
    boot(port, words.slice(1));
    return bootExit.done;
  } catch (error) {
    port.log(6, reason('overlay_helper: boot: overlay_init does it', error));
    return error instanceof NotPlain && error.restored ? bootExit.left : failed;
  }
}

function runVerify(port: Port, plan: string, rung: string): number {
  try {
    verify(port, readEntry(port, plan, rung));
    return verifyExit.fit;
  } catch (error) {
    port.complain(reason('overlay_helper: verify', error));
    return error instanceof Unfit ? verifyExit.unfit : failed;
  }
}

function runEnter(port: Port, plan: string, rung: string, words: readonly string[]): number {
  try {
    enter(port, readEntry(port, plan, rung), words);
  } catch (error) {
    report(port, reason('overlay_helper: enter', error));
    // By hand on a running system it only says so: overlay_init is nothing to run there.
    if (port.pid === 1) giveBackOrSay(port, error, plan, rung, words);
  }
  return failed;
}

function giveBackOrSay(
  port: Port,
  error: unknown,
  plan: string,
  rung: string,
  words: readonly string[],
): void {
  try {
    giveBack(port, oneLine(error instanceof Error ? error.message : String(error)), plan, rung, words);
  } catch (second) {
    report(port, reason('overlay_helper: enter: cannot execute overlay_init again', second));
  }
}

function report(port: Port, line: string): void {
  port.log(3, line);
  port.complain(line);
}
