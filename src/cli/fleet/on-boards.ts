/**
 * One command on one board, or on many: the same action, and then either its own result, or lines as they come, a table at
 * the end, and the worst exit code of all.
 */
import type { Device } from '../../device/device.ts';
import { type Diagnostic, Failure } from '../../diagnostics/diagnostic.ts';
import { visible } from '../../diagnostics/escape.ts';
import { diagnosticJson } from '../../diagnostics/format.ts';
import type { CommandBody, Context, Input, Option, Outcome } from '../command.ts';
import { deviceOptions, withDevice } from '../device.ts';
import { type ExitName, exitCodes, exitOf } from '../exit.ts';
import { usageFailure } from '../usage.ts';
import type { BoardHost } from './board-host.ts';
import { boardHosts, hostsOptions } from './hosts.ts';
import { runBounded, type Settled } from './schedule.ts';
import { fleetTable } from './table.ts';

export const fleetOptions: readonly Option[] = [
  ...hostsOptions,
  { flags: '--jobs <N>', what: 'boards at once; default: 4', completion: 'none' },
  { flags: '--max-failures <N>', what: 'start no further boards after so many failures', completion: 'none' },
  ...deviceOptions,
];

/** What became of one board. */
export interface BoardAnswer {
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly diagnostics?: readonly Diagnostic[];
  /** Where the diagnostics do not say it all. */
  readonly exit?: ExitName;
  /** What the board is like now, in a few words for the table. */
  readonly state: string;
}

export interface BoardsRequest {
  /** Name of the command. */
  readonly command: string;
  readonly hosts: readonly BoardHost[];
  readonly input: Input;
  readonly context: Context;
  /** Whether the text of each board is shown where there are many, and not the table alone. */
  readonly showEach?: boolean;
  /** @param alone whether it is the only board, so that a person at the terminal can be asked */
  readonly act: (device: Device, alone: boolean) => Promise<BoardAnswer>;
}

interface BoardResult {
  readonly answer: BoardAnswer;
  readonly exit: ExitName;
}

const usualJobs = 4;

/** What one command does on a board, and whether it says so for each of many. */
export interface BoardAction extends Pick<BoardsRequest, 'command' | 'showEach'> {
  readonly act: (device: Device, context: Context, input: Input) => Promise<BoardAnswer>;
}

/** The body of a command that asks nothing before it acts: the boards of its words, and the action on each. */
export function eachBoard({ act, ...action }: BoardAction): CommandBody['run'] {
  return async (input, context) =>
    onBoards({
      ...action,
      hosts: await boardHosts(input.words, input, context),
      input,
      context,
      act: (device) => act(device, context, input),
    });
}

/** @throws Failure OVL004, OVL005 for options that make no sense; for a single board whatever its action throws */
export async function onBoards(request: BoardsRequest): Promise<Outcome> {
  const { hosts, input, context, act } = request;
  const bounds = {
    jobs: countOf(input, 'jobs') ?? usualJobs,
    maxFailures: countOf(input, 'max-failures') ?? Number.POSITIVE_INFINITY,
    signal: context.signal,
  };
  const [only] = hosts;
  if (only !== undefined && !isList(input, hosts)) {
    const answer = await onBoard(only, input, context, (device) => act(device, true));
    return { ...answer, data: { host: only.name, ...answer.data }, diagnostics: answer.diagnostics ?? [] };
  }
  if (input.flag('ask-password'))
    throw usageFailure('OVL005', '--ask-password asks for one board', 'use keys, or ssh-agent');
  // Questions of several logins at once could not be told apart.
  const quiet: Context = { ...context, interactive: false };
  const settled = await runBounded(
    hosts,
    bounds,
    async (host) => {
      const result = await resultOf(host, quiet, () =>
        onBoard(host, input, quiet, (device) => act(device, false)),
      );
      tell(request, host, result);
      return result;
    },
    ({ exit }) => exitCodes[exit].code > exitCodes.no.code,
  );
  return summary(request, settled);
}

/** Whether lines and a table come of it: also for a list that has one board only. */
export function isList(input: Input, hosts: readonly BoardHost[]): boolean {
  return hosts.length !== 1 || input.value('hosts') !== undefined || input.value('inventory') !== undefined;
}

async function onBoard<T>(
  host: BoardHost,
  input: Input,
  context: Context,
  use: (device: Device) => Promise<T>,
): Promise<T> {
  const own: Input = {
    ...input,
    value: (name) => input.value(name) ?? (name === 'identity' ? host.identity : undefined),
  };
  return withDevice(host.address, own, context, use);
}

/** What is thrown becomes the result of that board; only a bug of ours ends all of it. */
async function resultOf(
  host: BoardHost,
  { signal }: Context,
  run: () => Promise<BoardAnswer>,
): Promise<BoardResult> {
  try {
    const answer = await run();
    return { answer, exit: answer.exit ?? exitOf(answer.diagnostics ?? []) };
  } catch (error) {
    if (signal.aborted)
      return { answer: { text: '', data: {}, state: 'interrupted, look at it' }, exit: 'interrupted' };
    if (!(error instanceof Failure)) throw error;
    const { diagnostics } = error;
    const answer = { text: '', data: {}, diagnostics, state: stateWords(diagnostics) };
    return { answer: named(host, answer), exit: exitOf(diagnostics) };
  }
}

/** Each diagnostic says which board it is about. */
function named(host: BoardHost, answer: BoardAnswer): BoardAnswer {
  const diagnostics = (answer.diagnostics ?? []).map((one) =>
    one.message.includes(host.name) ? one : { ...one, message: `${host.name}: ${one.message}` },
  );
  return { ...answer, diagnostics };
}

function stateWords(diagnostics: readonly Diagnostic[]): string {
  const error = diagnostics.find(({ severity }) => severity === 'error');
  switch (error?.boardState) {
    case 'rolled back':
      return 'rolled back to what ran before';
    case 'unknown':
      return 'unknown, look at it';
    default:
      return 'nothing was changed';
  }
}

function tell({ command, context, showEach }: BoardsRequest, host: BoardHost, result: BoardResult): void {
  const { answer, exit } = result;
  const { code } = exitCodes[exit];
  context.emit({
    schema: `ovl.${command}.board/1`,
    host: host.name,
    ok: exit === 'ok',
    code,
    state: answer.state,
    problems: (answer.diagnostics ?? []).map(diagnosticJson),
    ...answer.data,
  });
  if (context.json) return;
  if (showEach === true && answer.text !== '')
    context.print(`== ${visible(host.name)}\n${answer.text.trimEnd()}\n`);
  else context.say(`${visible(host.name)}: ${outcomeWord(result)}, ${visible(answer.state)}`);
}

/** "ok", "no", or the code of the first error. */
export function outcomeWord({ answer, exit }: BoardResult): string {
  const error = (answer.diagnostics ?? []).find(({ severity }) => severity === 'error');
  return error?.code ?? exit;
}

function summary(
  { context, hosts }: BoardsRequest,
  settled: readonly Settled<BoardHost, BoardResult>[],
): Outcome {
  const rows = settled.map((one) =>
    one.kind === 'left'
      ? { host: one.item.name, outcome: 'left out', state: 'not asked', code: null }
      : {
          host: one.item.name,
          outcome: outcomeWord(one.result),
          state: one.result.answer.state,
          code: exitCodes[one.result.exit].code,
        },
  );
  const done = settled.flatMap((one) => (one.kind === 'done' ? [one.result] : []));
  const text = `${fleetTable(rows)}${hosts.length} boards, ${done.filter(({ exit }) => exit === 'ok').length} ok\n`;
  // The frame says nothing more of what was interrupted, and this is when the table is needed most.
  if (context.signal.aborted) context.print(text);
  const exit = worst(done.map((one) => one.exit));
  return {
    text,
    data: { boards: rows },
    diagnostics: done.flatMap(({ answer }) => answer.diagnostics ?? []),
    onOneLine: true,
    exit: exit === 'ok' && done.length < settled.length ? 'no' : exit,
  };
}

/** The higher the exit code, the more there is to do. */
export function worst(exits: readonly ExitName[]): ExitName {
  return exits.reduce<ExitName>((a, b) => (exitCodes[b].code > exitCodes[a].code ? b : a), 'ok');
}

function countOf(input: Input, name: string): number | undefined {
  const text = input.value(name);
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,3}$/.test(text)) return Number(text);
  throw usageFailure('OVL004', `--${name} is "${visible(text)}"`, 'a number from 1 to 9999');
}
