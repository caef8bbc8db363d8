/** What is known of a board that runs overlaykit, for people. Everything in it is a board's word, so it is made visible. Pure. */
import { formatSize } from '../../board/units.ts';
import type { Look } from '../../device/helper/look.ts';
import type { BootFile } from '../../device/helper/reports.ts';
import { visible } from '../../diagnostics/escape.ts';
import type { BoardReport, GenerationReport } from '../../shared/report.ts';

type Row = readonly [label: string, text: string];

/** The whole of it, ending with a line feed. */
export function statusWords(
  host: string,
  look: Look,
  generations: readonly GenerationReport[] | undefined,
): string {
  const rows = look.kind === 'report' ? reportRows(look.report, generations ?? []) : bootRows(look.boot);
  const all: readonly Row[] = [['board', host], ...rows];
  return all.map(([label, text]) => `${label.padEnd(labelWidth)}${visible(text)}\n`).join('');
}

const labelWidth = 13;

/** What is wrong with the board; empty where nothing is. */
export function troublesOf(look: Look): readonly string[] {
  if (look.kind === 'report') return look.report.troubles;
  const { rung, reasons, notes } = look.boot;
  return [...(rung === 'persistent' ? [] : [`rung ${rung}: changes are not kept`]), ...reasons, ...notes];
}

/** In a few words, for a table. */
export function stateOf(look: Look): string {
  const { rung } = look.kind === 'report' ? look.report : look.boot;
  const generation = look.kind === 'report' ? look.report.booted : look.boot.generation;
  const number = generation === null || generation === '' ? '' : `, generation ${generation}`;
  const troubles = troublesOf(look).length;
  return `${rung}${number}${troubles === 0 ? '' : `, ${troubles} ${troubles === 1 ? 'trouble' : 'troubles'}`}`;
}

function reportRows(report: BoardReport, generations: readonly GenerationReport[]): readonly Row[] {
  const { board, plan, rung, reasons, reset, device, repaired, booted, state, attemptsLimit } = report;
  return [
    ['board file', board],
    ['plan', plan],
    ['rung', rung],
    ...reasons.map((why): Row => ['given up', why]),
    ...filled('device', device),
    ...filled('repaired', repaired),
    ...filled('reset', reset),
    ...storageRows(report),
    ...filled('generation', booted === null ? '' : String(booted)),
    ...(state === null ? [] : stateRows(state, attemptsLimit)),
    ...generations.map((one): Row => ['', generationWords(one)]),
    ...baseRows(report),
    ['next boot', nextBoot(report)],
    ...report.troubles.map((line): Row => ['trouble', line]),
  ];
}

function filled(label: string, text: string): readonly Row[] {
  return text === '' ? [] : [[label, text]];
}

function storageRows({ storage }: BoardReport): readonly Row[] {
  if (storage === null) return [['storage', 'none is mounted']];
  const { fstype, bytes, availableBytes, inodes, availableInodes, volatile, full } = storage;
  const files = inodes === 0 ? '' : `, ${availableInodes} of ${inodes} inodes`;
  const words = [
    `${fstype}, ${formatSize(availableBytes)} of ${formatSize(bytes)}${files} free`,
    ...(full ? ['full'] : []),
    ...(volatile ? ['lost when the power goes'] : []),
  ];
  return [['storage', words.join('; ')]];
}

function stateRows(state: NonNullable<BoardReport['state']>, attemptsLimit: number): readonly Row[] {
  const unconfirmed = state.attempts ?? 0;
  const confirmed =
    unconfirmed === 0 ? 'confirmed' : `not confirmed, boot ${unconfirmed} of ${attemptsLimit} without`;
  return [['this boot', confirmed]];
}

function baseRows({ base }: BoardReport): readonly Row[] {
  if (base.image === null) return [];
  const fits = base.fits === null || base.fits === base.image ? '' : `; the changes fit ${base.fits}`;
  return [
    [
      'base',
      `${base.image}${fits}${base.waiting === 0 ? '' : `; ${base.waiting} paths wait for a decision`}`,
    ],
  ];
}

/** "2 factory  previous  40 KiB in 12 inodes" */
export function generationWords({ number, name, roles, bytes, inodes, doomed }: GenerationReport): string {
  const what = [...roles, ...(doomed ? ['deleted by the next sweep'] : [])].join(', ');
  const called = name === null ? '' : ` "${name}"`;
  return `${number}${called}${what === '' ? '' : `: ${what}`}, ${formatSize(bytes)} in ${inodes} inodes`;
}

function nextBoot({ state, pending, booted }: BoardReport): string {
  if (pending.reset) return 'goes back to factory state';
  const boots = state === null ? undefined : (state.trying ?? state.active);
  const to =
    boots === undefined || boots === null || boots === booted ? 'as this one' : `goes to generation ${boots}`;
  return pending.paths === 0 ? to : `${to}, and forgets the changes at ${pending.paths} paths`;
}

function bootRows({
  board,
  plan,
  rung,
  generation,
  reset,
  storage,
  repaired,
  ...more
}: BootFile): readonly Row[] {
  return [
    ['board file', board],
    ['plan', plan],
    ['rung', rung],
    ...more.reasons.map((why): Row => ['given up', why]),
    ...filled('device', storage),
    ...filled('repaired', repaired),
    ...filled('reset', reset),
    ...filled('generation', generation),
    ...more.notes.map((line): Row => ['trouble', line]),
    ['helper', 'is not on the board: what the storage holds is not known'],
  ];
}
