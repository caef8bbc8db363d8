/** `base`: what the last change of the base meant for the generation that runs, and what somebody decides about it. */
import { boardPaths } from '../../shared/helper-protocol.ts';
import { type BaseFact, type BaseReport, baseSchema } from '../../shared/report.ts';
import { verbExit } from '../../shared/verb-exit.ts';
import { isWaiting } from '../base/facts.ts';
import { generationIdentity, imageIdentity, inGeneration } from '../base/identity.ts';
import { readBasePlan } from '../base/plan.ts';
import { remember } from '../base/remember.ts';
import { readReport, waitingIn, writeReport } from '../base/report.ts';
import { readBootStatus } from '../boot-status.ts';
import { bootedGeneration } from '../booted-generation.ts';
import { placeOfStorage } from '../borrowed-storage.ts';
import { escaped } from '../escape.ts';
import { json } from '../json.ts';
import { addRequest, findChange, pathNames } from '../reset-paths.ts';
import { openStorage, type Storage, withState } from '../storage.ts';
import type { BoardPort } from '../storage-port.ts';
import { attempt, oneLine, Refused, WrongWords } from '../trouble.ts';
import { openUpper } from '../upper.ts';

export function base(port: BoardPort, words: readonly string[]): number {
  const [word, path, ...more] = words;
  if (more.length > 0) throw new WrongWords();
  if (path === undefined && (word === undefined || word === '--json')) return show(port, word === '--json');
  if (path === undefined || (word !== 'take' && word !== 'keep')) throw new WrongWords();
  const booted = bootedGeneration(port);
  const storage = openStorage(port);
  const names = pathNames(path);
  if (names === undefined) throw new Refused(`"${oneLine(path)}" is no absolute path without "." and ".."`);
  return withState(port, storage, () =>
    word === 'take' ? take(port, storage, booted, names) : keep(port, storage, booted, names),
  );
}

function show(port: BoardPort, asJson: boolean): number {
  const report = baseReport(port, openStorage(port, placeOfStorage(port)), readBootStatus(port).booted);
  if (asJson) port.print(json(report));
  else for (const line of linesOf(report)) port.print(line);
  return report.facts.some(isWaiting) ? verbExit.no : verbExit.done;
}

/** What is known of the base under a generation. */
export function baseReport(port: BoardPort, storage: Storage, booted: number | undefined): BaseReport {
  const report =
    booted === undefined
      ? undefined
      : inGeneration(port, storage, booted, (generation) => readReport(port, generation));
  return {
    schema: baseSchema,
    image: imageIdentity(port, boardPaths.oldRoot) ?? null,
    generation: booted ?? null,
    fits: (booted === undefined ? undefined : generationIdentity(port, storage, booted)) ?? null,
    from: report?.from ?? null,
    policy: readBasePlan(port)?.policy ?? 'keep',
    lost: report?.lost ?? 0,
    facts: report?.facts ?? [],
  };
}

function linesOf({ image, generation, fits, from, policy, lost, facts }: BaseReport): readonly string[] {
  return [
    `image: ${image ?? '-'}`,
    `generation: ${generation ?? '-'}`,
    `fits: ${fits ?? '-'}`,
    `from: ${from ?? '-'}`,
    `policy: ${policy}`,
    `waiting: ${waitingIn(facts)}`,
    ...facts.map(({ kind, path, words }) => `${kind} ${escaped(path)}${words === '' ? '' : ` ${words}`}`),
    ...(lost === 0 ? [] : [`lost: ${lost}`]),
  ];
}

/** The facts that wait at a path, or below it. */
function waitingAt(
  port: BoardPort,
  storage: Storage,
  booted: number,
  names: readonly string[],
): readonly BaseFact[] {
  const path = `/${names.join('/')}`;
  const found = baseReport(port, storage, booted).facts.filter(
    (fact) => isWaiting(fact) && (fact.path === path || fact.path.startsWith(`${path}/`)),
  );
  if (found.length === 0) throw new Refused(`nothing waits for a decision at ${oneLine(path)}`);
  return found;
}

/** Mine stays, and is not reported again until the base has another version. */
function keep(port: BoardPort, storage: Storage, booted: number, names: readonly string[]): number {
  const facts = waitingAt(port, storage, booted, names);
  remember(port, storage, booted, (path) => facts.some((fact) => fact.path === path));
  for (const { path } of facts) port.print(`${escaped(path)} stays as it is`);
  return verbExit.done;
}

/** The next boot takes the upper's entry away, as `reset PATH` does. */
function take(port: BoardPort, storage: Storage, booted: number, names: readonly string[]): number {
  const path = `/${names.join('/')}`;
  const fact = waitingAt(port, storage, booted, names).find((one) => one.path === path);
  if (fact === undefined)
    throw new Refused(`nothing waits at ${oneLine(path)} itself; name the paths below it`);
  if (fact.kind === 'attributes')
    throw new Refused(
      `${oneLine(path)} is a directory with changes in it: chmod and chown it to the base's, ${fact.words}`,
    );
  refuseUntakable(port, storage, booted, names);
  attempt('cannot write /overlay/overlaykit/reset-paths', () =>
    addRequest(port, storage, { generation: booted, path: names }),
  );
  inGeneration(port, storage, booted, (generation) => {
    const report = readReport(port, generation);
    if (report === undefined) return;
    const facts = report.facts.filter((one) => !(isWaiting(one) && one.path === path));
    writeReport(port, generation, { ...report, facts });
  });
  port.print(
    `the next boot takes the base's ${oneLine(path)}; what is changed there until then is forgotten too`,
  );
  return verbExit.done;
}

/** What mini_fo deletes is a line of a file, and nothing that could be taken out of the upper. */
function refuseUntakable(port: BoardPort, storage: Storage, booted: number, names: readonly string[]): void {
  const upper = openUpper(port, storage, booted);
  try {
    const { directory, status } = findChange(port, upper, names);
    port.close(directory);
    if (status === undefined) throw new Refused('the union system of this board cannot take a deletion back');
  } finally {
    port.close(upper);
  }
}
