/**
 * `rebase`: brings an upper that was made on another base over to the one that runs. overlay_init calls it before the union is
 * mounted. The report comes first and the identity last, each durable: a cut anywhere is followed by the same again.
 */
import { boardPaths } from '../../shared/helper-protocol.ts';
import type { BaseFact } from '../../shared/report.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { cleanUpper, emptyWork, withEarlier } from '../base/clean.ts';
import { factOf } from '../base/facts.ts';
import { generationIdentity, imageIdentity, inGeneration, noteIdentity } from '../base/identity.ts';
import { type BasePlan, openLower, readBasePlan } from '../base/plan.ts';
import { knownOf, readRecord } from '../base/record.ts';
import { type Report, readReport, reportLines, waitingIn, writeReport } from '../base/report.ts';
import { walkUpper } from '../base/upper.ts';
import { generationNumber } from '../boot-status.ts';
import { withStorageOfBoot } from '../borrowed-storage.ts';
import { isComplete } from '../generations.ts';
import { readMounts } from '../mounts.ts';
import { isKernelError } from '../port.ts';
import { openStorage, type Storage } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { Refused, reason, WrongWords } from '../trouble.ts';
import { openUpper } from '../upper.ts';
import { oneWord } from '../words.ts';

export function rebase(port: BoardPort, words: readonly string[]): number {
  const number = generationNumber(oneWord(words));
  if (number === undefined) throw new WrongWords();
  return withStorageOfBoot(port, (path) => rebaseOn(port, openStorage(port, path), number));
}

function rebaseOn(port: BoardPort, storage: Storage, number: number): number {
  refuseMounted(port);
  const image = imageIdentity(port, '');
  const plan = readBasePlan(port);
  if (image === undefined) throw new Refused(`the image has no identity in ${boardPaths.base}`);
  if (plan === undefined) throw new Refused('the plan has no step that looks at the base');
  if (!isComplete(port, storage, number)) throw new Refused(`there is no generation ${number}`);
  const fits = generationIdentity(port, storage, number);
  if (fits === image) {
    port.print(`generation ${number} fits the base already`);
    return verbExit.done;
  }
  const report = inGeneration(port, storage, number, (generation) =>
    bringOver(port, storage, number, generation, plan, { fits, image }),
  );
  port.syncFileSystem(storage.generations);
  noteIdentity(port, storage, number, image);
  tell(port, number, report);
  return verbExit.done;
}

function refuseMounted(port: BoardPort): void {
  const mounts = readMounts(port);
  if (['upperdir', 'sto'].some((option) => mounts.mention(`${option}=/overlay/generations/`)))
    throw new Refused('a union is mounted; its upper must not be touched');
}

interface Identities {
  readonly fits: string | undefined;
  readonly image: string;
}

function bringOver(
  port: BoardPort,
  storage: Storage,
  number: number,
  generation: number,
  plan: BasePlan,
  { fits, image }: Identities,
): Report {
  const known = knownOf(orSay(port, () => readRecord(port, generation)) ?? []);
  const earlier = orSay(port, () => readReport(port, generation));
  // A report about this very image, with the generation not brought over: the power was cut in between.
  const interrupted = earlier?.to === image ? earlier : undefined;
  const upper = openUpper(port, storage, number);
  const lower = openLower(port, plan, '/');
  const found: BaseFact[] = [];
  walkUpper(port, upper, lower, plan.system, {
    entry(entry) {
      const fact = factOf(port, lower, entry, known);
      if (fact !== undefined) found.push(fact);
    },
  });
  const facts = withEarlier(found, interrupted?.facts ?? []);
  const report = { from: interrupted === undefined ? fits : interrupted.from, to: image, facts, lost: 0 };
  orSay(port, () => writeReport(port, generation, report));
  cleanUpper(port, { generation, upper, lower, system: plan.system, known });
  emptyWork(port, generation);
  lower.close();
  port.close(upper);
  return report;
}

/** Notes that cannot be read or have no room must not keep an upper from being cleaned. */
function orSay<T>(port: BoardPort, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    port.complain(reason('overlay_helper: rebase', error));
    return undefined;
  }
}

/** To the kernel log, and to /run for whoever looks there. */
function tell(port: BoardPort, number: number, report: Report): void {
  const waiting = waitingIn(report.facts);
  const done = report.facts.length - waiting;
  const line = `the base has changed under generation ${number}: ${waiting} paths hide something new, ${done} were cleaned; see overlay_helper base`;
  port.log(4, `overlaykit: ${line}`);
  port.print(line);
  try {
    const run = port.openDirectory(boardPaths.runDir);
    port.writeIn(run, 'base-report', `${reportLines(report).join('\n')}\n`);
    port.close(run);
  } catch (error) {
    // Nobody needs it to boot; the same is beside the upper.
    if (!isKernelError(error)) throw error;
  }
}
