/** `ovl lab --torture`: what was typed, as a torture run, and its report as a table. */
import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ScenarioReport } from '../../lab/torture/report.ts';
import { tortureKeep, tortureRoot } from '../../lab/torture/root.ts';
import { type Abilities, sharedOut, torture } from '../../lab/torture/torture.ts';
import { type PreparedBoard, prepareBoard } from '../../toolchain/prepare-board.ts';
import { orThrow } from '../board-file.ts';
import type { Context, Input, Option, Outcome } from '../command.ts';
import { usageFailure } from '../usage.ts';

const defaultCuts = 100;

export const tortureOptions: readonly Option[] = [
  { flags: '--torture', what: 'cut the power at random moments and check what is left' },
  {
    flags: '--cuts <N>',
    what: `how many power cuts of --torture; default: ${defaultCuts}`,
    completion: 'none',
  },
  {
    flags: '--seed <S>',
    what: 'number that operations and moments of --torture are chosen by; default: any',
    completion: 'none',
  },
];

/** Options of a single boot. */
const otherOptions = ['root', 'keep', 'run', 'shell', 'cut', 'word'] as const;

/** Whether a torture run is asked for. @throws Failure OVL005 where its options stand without it */
export function wantsTorture(input: Input): boolean {
  if (input.flag('torture')) return true;
  if (input.value('cuts') === undefined && input.value('seed') === undefined) return false;
  throw usageFailure('OVL005', '--cuts and --seed go with --torture', 'ovl lab --help');
}

/** Runs it. The exit code is 0 only when nothing was found. */
export async function tortureBoard(input: Input, context: Context): Promise<Outcome> {
  const { machine, cuts, seed } = settingsOf(input);
  const { value: prepared, diagnostics } = orThrow(
    await prepareBoard(input.words[0] ?? '', {
      withoutHelper: input.flag('no-helper'),
      alsoKeep: tortureKeep,
    }),
  );
  const { signal, say } = context;
  const scratch = await mkdtemp(join(tmpdir(), 'ovl-torture-root-'));
  try {
    const rootImage = join(scratch, 'root');
    await tortureRoot(prepared, rootImage, { signal, progress: say });
    const nextRootImage = join(scratch, 'next-root');
    await tortureRoot(prepared, nextRootImage, { next: true, signal, progress: say });
    say(`seed ${seed}: ${cuts} power cuts`);
    const reports = await torture({
      board: prepared.checked.board,
      plan: sharedOut(cuts, abilitiesOf(prepared)),
      ...{ rootImage, nextRootImage, machine, seed, signal, onProgress: say },
      sideBySide: availableParallelism() > 1,
      evidence: resolve('ovl-torture'),
    });
    return {
      text: table(reports, seed),
      data: { seed, reports },
      diagnostics,
      ...(reports.some(({ failures }) => failures.length > 0) ? { exit: 'no' as const } : {}),
    };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function abilitiesOf({ plan, checked }: PreparedBoard): Abilities {
  return {
    helper: plan.helper,
    memory: plan.ladder.some(({ name }) => name === 'tmpfs'),
    upgrade: checked.board.base.on_change !== 'set_aside',
  };
}

function settingsOf(input: Input) {
  const other = otherOptions.find((name) => input.flag(name) || input.value(name) !== undefined);
  if (other !== undefined)
    throw usageFailure('OVL005', `--torture does not go with --${other}`, 'ovl lab --help');
  const machine = input.value('machine') ?? 'qemu-own-kernel';
  if (machine !== 'qemu' && machine !== 'qemu-own-kernel')
    throw usageFailure(
      'OVL005',
      `--torture does not go with --machine ${machine}`,
      '--machine qemu-own-kernel',
    );
  return {
    machine,
    cuts: numberOf(input, 'cuts', /^[1-9]\d{0,5}$/, 'a number of power cuts, such as 1000') ?? defaultCuts,
    seed: numberOf(input, 'seed', /^\d{1,9}$/, 'a number of at most nine digits') ?? randomInt(1_000_000),
  } as const;
}

function numberOf(input: Input, name: string, form: RegExp, fix: string): number | undefined {
  const text = input.value(name);
  if (text === undefined) return undefined;
  if (form.test(text)) return Number(text);
  throw usageFailure('OVL004', `--${name} is "${text}"`, fix);
}

/** A row a scenario, then what was found. */
export function table(reports: readonly ScenarioReport[], seed: number): string {
  const rows = [
    ['scenario', 'model', 'cuts', 'full boots', 'unbootable', 'mixed', 'lost'],
    ...reports.map((one) => [
      ...[one.scenario, one.model],
      ...[one.cuts, one.boots, one.unbootable, one.mixed, one.lost].map(String),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  const failures = reports.flatMap((one) => one.failures);
  const during = reports.map((one) => `${one.scenario.padEnd(widths[0] ?? 0)}  cut during ${counted(one)}`);
  const found = failures.map(
    (one) =>
      `\n${one.scenario} cut ${one.cut}, seed ${one.seed}: ${one.doing}; ${one.moment}; found by a ${one.by}\n` +
      `${one.reasons.map((reason) => `  ${reason}\n`).join('')}  evidence: ${one.evidence}\n`,
  );
  return `${rows.map(line).join('\n')}\n\n${during.join('\n')}\n\nseed ${seed}\n${found.join('')}`;
}

/** The commonest first. */
function counted({ operations }: ScenarioReport): string {
  const all = Object.entries(operations).toSorted(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  return all.map(([operation, count]) => `${operation} ${count}`).join(', ');
}
