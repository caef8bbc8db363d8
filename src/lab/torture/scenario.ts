/**
 * Scenarios: what a board does while its power is cut. Each plays one session, a boot or two of which cuts are kept, and
 * knows what may be there after each of them.
 *
 * In: a bench. Out: cuts with a judge of their own. One file a scenario; this file has what they share.
 */
import { Failure } from '../../diagnostics/diagnostic.ts';
import { lastLines } from '../../system/process.ts';
import type { VirtualBoard } from '../qemu/virtual-board.ts';
import { type Bench, patienceMs } from './bench.ts';
import type { FullBoot } from './full-boot.ts';
import { type Finding, type SeenTree, seenOf } from './judge.ts';
import type { Look } from './look.ts';
import { commandOf, type Operation } from './operation.ts';
import type { Random } from './random.ts';
import type { Cut } from './recording.ts';
import { choose } from './storage-view.ts';
import { factoryTree } from './tree.ts';

export const scenarioNames = ['writes', 'reset', 'generations', 'commits', 'upgrade'] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/** A cut and what judges it. */
export interface JudgedCut {
  readonly cut: Cut;
  /** What was going on, for people. */
  readonly doing: string;
  /** The same in one word, for counting: "snapshot", or "idle". */
  readonly operation: string;
  readonly judgeLook: (look: Look) => readonly Finding[];
  readonly judgeBoot: (boot: FullBoot) => readonly Finding[];
}

export interface Session {
  readonly bench: Bench;
  /** Most cuts that this session is to give. */
  readonly cuts: number;
  readonly random: Random;
}

/** One that goes on from session to session, such as on the same storage. */
export interface Scenario {
  readonly name: ScenarioName;
  /** Whether its judge needs the uppers as they lie on the storage, too. */
  readonly looksInside?: boolean;
  /** What its cuts are examined on, where it is not the bench that it plays on. */
  examinedOn?(bench: Bench): Bench;
  play(session: Session): Promise<readonly JudgedCut[]>;
}

/** Waits until the board is up. */
export async function comeUp(board: VirtualBoard): Promise<void> {
  await ask(board, 'true');
}

/**
 * Says that this boot is a good one, or the board would go back to an earlier generation after some cuts. Without the
 * helper only time says so: its waiting is ended early.
 */
export async function confirm(board: VirtualBoard): Promise<void> {
  await ask(
    board,
    'if [ -x /sbin/overlay_helper ]; then overlay_helper confirm; else kill $(pidof sleep) && sleep 1; fi',
  );
}

/**
 * A command of the load, which has to succeed. Returns what it printed.
 * @throws Failure OVL415 when it does not
 */
export async function ask(board: VirtualBoard, command: string): Promise<string> {
  const { output, exitCode } = await board.run(command, { timeoutMs: patienceMs });
  if (exitCode === 0) return output;
  throw new Failure({
    code: 'OVL415',
    severity: 'error',
    message: `the board could not do what the torture run asked for: exit code ${exitCode} of ${command}`,
    because: lastLines(output) || 'it said nothing',
  });
}

/** Does an operation and makes it durable; `command` is another way to say it, for proving that the judge sees it. */
export async function perform(
  board: VirtualBoard,
  operation: Operation,
  command: (operation: Operation) => string = commandOf,
): Promise<void> {
  await ask(board, command(operation));
}

/** How a board that booted fully has to be, whatever the scenario. */
export function judgeRung({ rung }: FullBoot): readonly Finding[] {
  if (rung === 'persistent') return [];
  const reason = rung === '' ? 'the board did not come up' : `the board came up on the rung ${rung}`;
  return [{ fault: 'unbootable', reason }];
}

/** What the next boot shows by what lies on the storage, or why nothing can. */
export function chosenTree(
  look: Look,
  { generations }: Bench,
): { readonly tree: SeenTree } | { readonly findings: readonly Finding[] } {
  if (look.kind === 'unmountable') return { findings: unmountable(look.said) };
  const choice = choose(look.view, generations.attempts);
  switch (choice.kind) {
    case 'upper':
      return { tree: choice.tree };
    case 'factory':
      return { tree: factorySeen };
    case 'none':
      return { findings: [{ fault: 'unbootable', reason: choice.reason }] };
  }
}

const factorySeen: SeenTree = new Map([...factoryTree].map(([path, entry]) => [path, seenOf(entry)]));

export function unmountable(said: string): readonly Finding[] {
  return [{ fault: 'unbootable', reason: `the storage does not mount: ${said}` }];
}
