/**
 * overlay_helper on a board, called over a Device. In: a verb and its words. Out: what it said, or a Failure that names the
 * state of the board. What comes back is a board's word: bounded here, and made visible by whoever shows it.
 */
import { type BoardState, Failure } from '../../diagnostics/diagnostic.ts';
import { boardPaths } from '../../shared/helper-protocol.ts';
import { inMemoryWords, verbExit } from '../../shared/verb-exit.ts';
import { type Device, type Outcome, type RunOptions, script } from '../device.ts';

/** Whether a verb only looks, or changes what the next boot does. It decides what a broken-off call leaves behind. */
export type Effect = 'looks' | 'changes';

export interface CallOptions {
  readonly effect: Effect;
  readonly signal?: AbortSignal;
  /** Longest time in milliseconds; two minutes by default, because flash is slow. */
  readonly deadlineMs?: number;
  /** Gets stdout as it comes. */
  readonly onStdout?: RunOptions['onStdout'];
  /** Longest time in milliseconds without a byte. */
  readonly silenceMs?: number;
}

export interface HelperAnswer {
  /** False for exit code 1: the answer is no, or not everything could be done. */
  readonly yes: boolean;
  readonly stdout: string;
  /** What it complained of, one line each. */
  readonly complaints: readonly string[];
}

const usualDeadlineMs = 120_000;

/** 127 is what a shell says of a program that is not there. */
const missing = 127;
const call = `[ -x ${boardPaths.helper} ] || exit ${missing}
exec ${boardPaths.helper} "$@"`;

/** The answer; undefined where the board has no helper. @throws Failure OVL5xx, OVL621 to OVL623, OVL627, OVL628, OVL730 */
export async function callHelper(
  device: Device,
  words: readonly [string, ...string[]],
  options: CallOptions,
): Promise<HelperAnswer | undefined> {
  const { effect, signal, deadlineMs = usualDeadlineMs, onStdout, silenceMs } = options;
  const outcome = await device.run(script(call, ...words), {
    deadlineMs,
    boardState: effect === 'looks' ? 'unchanged' : 'unknown',
    ...(signal === undefined ? {} : { signal }),
    ...(onStdout === undefined ? {} : { onStdout }),
    ...(silenceMs === undefined ? {} : { silenceMs }),
  });
  const code = outcome.ending.kind === 'exited' ? outcome.ending.code : undefined;
  if (code === missing) return undefined;
  if (code === verbExit.done || code === verbExit.no)
    return {
      yes: code === verbExit.done,
      stdout: outcome.stdout.toString('utf8'),
      complaints: linesOf(outcome.stderr.toString('utf8')),
    };
  throw refusal(device.name, words[0], effect, outcome);
}

/** The same for a verb that makes no sense without the helper. @throws Failure OVL620 where there is none */
export async function callPresentHelper(
  device: Device,
  words: readonly [string, ...string[]],
  options: CallOptions,
): Promise<HelperAnswer> {
  const answer = await callHelper(device, words, options);
  if (answer !== undefined) return answer;
  throw new Failure({
    code: 'OVL620',
    severity: 'error',
    message: `${device.name} has no ${boardPaths.helper}`,
    because: `"${words[0]}" is done on the board by the helper; nothing was started`,
    fix: 'build without --no-helper, and deploy that',
    boardState: 'unchanged',
  });
}

/** The lines of an answer, without empty ones. */
export function linesOf(text: string): readonly string[] {
  return text.split('\n').filter((line) => line !== '');
}

function refusal(name: string, verb: string, effect: Effect, { ending, stderr }: Outcome): Failure {
  const said = linesOf(stderr.toString('utf8')).slice(-lastWords).join('\n').slice(0, longestWords);
  const words = said === '' ? {} : { because: said };
  const of = (
    code: 'OVL621' | 'OVL622' | 'OVL623' | 'OVL627' | 'OVL628' | 'OVL730',
    message: string,
    boardState: BoardState,
    fix: string,
  ): Failure => new Failure({ code, severity: 'error', message, ...words, fix, boardState });
  if (ending.kind === 'exited' && ending.code === verbExit.refused)
    return of('OVL622', `${name} refuses "${verb}"`, 'unchanged', `ovl status ${name}`);
  if (ending.kind === 'exited' && ending.code === verbExit.inMemory)
    return of(
      'OVL628',
      `${name} keeps its changes in memory: "${verb}" has nothing to work on`,
      'unchanged',
      insteadOf(verb, name, said.includes(inMemoryWords.kept)),
    );
  if (ending.kind === 'exited' && ending.code === verbExit.busy)
    return of(
      'OVL622',
      `${name} is busy with another change`,
      'unchanged',
      'run the same command again in a moment',
    );
  if (ending.kind === 'exited' && ending.code === verbExit.usage)
    return of(
      'OVL621',
      `the overlay_helper of ${name} does not understand "${verb}"`,
      'unchanged',
      'deploy a bundle of this version of overlaykit',
    );
  if (ending.kind === 'exited' && ending.code === verbExit.incomplete)
    return of(
      'OVL627',
      `the overlay_helper of ${name} has not got its verbs`,
      'unchanged',
      'deploy the bundle again: overlay_helper and overlay_helper.verbs belong together',
    );
  const how =
    ending.kind === 'exited'
      ? `with exit code ${ending.code}`
      : ending.kind === 'killed'
        ? `by signal ${ending.signal}`
        : 'with the connection';
  const message = `"${verb}" failed on ${name}: it ended ${how}`;
  return effect === 'looks'
    ? of('OVL623', message, 'unchanged', 'look at the kernel log of the board')
    : of('OVL730', message, 'unknown', `ovl status ${name}; the state is the old one or the new one`);
}

/** What somebody wants who asks this of a board that keeps nothing. */
function insteadOf(verb: string, name: string, hasStorage: boolean): string {
  const drop = `to drop all changes: ovl restart ${name}`;
  if (verb === 'reset' || verb === 'rollback') return drop;
  const keep = hasStorage
    ? `to keep changes: ovl commit ${name} PATH`
    : `to have a copy of the changes here: ovl pull ${name} -o FILE`;
  return `${keep}; ${drop}`;
}

const lastWords = 6;
const longestWords = 1000;
