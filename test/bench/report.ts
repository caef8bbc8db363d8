/** What was measured, as tables for people. Pure. */

import { aimOfMany, type BoardsRow } from './boards.ts';
import { type BootRow, type CaseName, caseNames, caseTitles } from './case.ts';
import type { ResetRow } from './reset.ts';
import type { SlowRow } from './slow-line.ts';
import { mean, median, medianDeviation, times } from './statistics.ts';
import { table } from './table.ts';
import type { TransferRow } from './transfer.ts';
import type { WallRow } from './wall.ts';
import type { WhyRow } from './why.ts';

/** One table for each storage and temperature. */
export function bootTables(rows: readonly BootRow[]): string {
  const title = ({ storage, temperature }: BootRow): string => `${storage}, ${temperature}`;
  return [...new Set(rows.map(title))]
    .map((one) => `${one}\n${bootTable(rows.filter((row) => title(row) === one))}`)
    .join('\n');
}

/** Executing init is taken off every other row: what is left is what the way to the writable root adds to a boot. */
function bootTable(rows: readonly BootRow[]): string {
  const ticks = (name: CaseName): number => rows.find((row) => row.case === name)?.ticks[0] ?? Number.NaN;
  const added = (name: CaseName): number => ticks(name) - (name === 'control' ? 0 : ticks('control'));
  const lines = caseNames.flatMap((name) => {
    const row = rows.find((one) => one.case === name);
    if (row === undefined) return [];
    const against = (base: CaseName): string => (name === 'control' ? '' : times(added(name), added(base)));
    return [
      [
        caseTitles[name],
        microseconds(added(name)),
        against('floor'),
        against('ten-lines'),
        agreement(row.ticks),
      ],
    ];
  });
  return table(['', 'virtual µs', '× C', '× ten lines', 'runs'], lines);
}

/** Runs that differ mean that something is counted which is no instruction of the boot; then no figure is to be trusted. */
export function agreement(ticks: readonly number[]): string {
  if (ticks.length < 2) return 'one only';
  return new Set(ticks).size === 1 ? `${ticks.length} identical` : `DIFFERENT: ${ticks.join(', ')}`;
}

/** What each part costs: the whole without it, taken off the whole. */
export function whyTable(rows: readonly WhyRow[]): string {
  if (rows.length === 0) return '';
  const kinds = [false, true].map((helper) => rows.filter((row) => row.helper === helper));
  const lines = kinds.flatMap((group) => {
    const whole = group.find(({ without }) => without === 'nothing')?.ticks ?? Number.NaN;
    return group.map(({ helper, without, ticks }) => [
      `${helper ? 'with helper' : 'alone'}: without ${without}`,
      microseconds(ticks),
      without === 'nothing' ? '' : microseconds(whole - ticks),
    ]);
  });
  return table(['', 'virtual µs', 'saves'], lines);
}

/** The first command is the one that the others are compared with. */
export function wallTable(rows: readonly WallRow[]): string {
  const base = rows[0];
  if (base === undefined) return '';
  const lines = rows.map(({ command, wallMs, cpuMs }) => [
    command,
    `${median(wallMs).toFixed(0)} ±${medianDeviation(wallMs).toFixed(0)}`,
    times(median(wallMs), median(base.wallMs)),
    mean(cpuMs).toFixed(0),
    times(mean(cpuMs), mean(base.cpuMs)),
    String(wallMs.length),
  ]);
  return table(['', 'wall ms', '×', 'processor ms', '×', 'rounds'], lines);
}

/** Each way with what it is compared with, and with the first, which only logs in; the aims are those of the issue that asked for uploads. */
export function transferTable(rows: readonly TransferRow[]): string {
  const bare = rows[0];
  if (bare === undefined) return '';
  const lines = rows.map(({ way, against, aim, wallMs, afterLoginMs, hereMs, boardMs }) => {
    const base = rows.find((row) => row.way === against);
    // An aim is for all of it; for what comes after the login, the other's login is taken off as well.
    const login = rows.find((row) => row.way === base?.login);
    const rest = base === undefined || login === undefined ? 0 : median(base.wallMs) - median(login.wallMs);
    return [
      way,
      `${median(wallMs).toFixed(0)} ±${medianDeviation(wallMs).toFixed(0)}`,
      base === undefined ? '' : times(median(wallMs), median(base.wallMs)),
      // The least is what a machine would need on which nothing else ran.
      Math.min(...wallMs).toFixed(0),
      base === undefined ? '' : times(Math.min(...wallMs), Math.min(...base.wallMs)),
      base === undefined || bare === undefined ? '' : times(median(wallMs), median(bare.wallMs)),
      afterLoginMs.length === 0 ? '' : median(afterLoginMs).toFixed(0),
      base === undefined || afterLoginMs.length === 0 ? '' : times(median(afterLoginMs), rest),
      mean(hereMs).toFixed(0),
      mean(boardMs).toFixed(0),
      aim === undefined ? '' : `${aim} × ${against}`,
    ];
  });
  const head = ['', 'wall ms', '×', 'least', '×', `× ${bare.way}`, 'after login', '×'];
  return table([...head, 'here cpu ms', 'board cpu ms', 'aim'], lines);
}

/** What each aim leaves beside our login, in medians of the same run, and what was needed. */
export function aimTable(rows: readonly TransferRow[]): string {
  const of = (way: string | undefined): number | undefined => {
    const row = rows.find((one) => one.way === way);
    return row === undefined ? undefined : median(row.wallMs);
  };
  const login = of('ovl, a login');
  const lines = rows.flatMap(({ way, against, aim, wallMs, afterLoginMs }) => {
    const base = of(against);
    if (aim === undefined || base === undefined || login === undefined || afterLoginMs.length === 0)
      return [];
    const allowed = aim * base;
    const figures = [allowed, login, allowed - login, median(afterLoginMs), median(wallMs)];
    const isReached = median(wallMs) <= allowed;
    return [[way, ...figures.map((one) => one.toFixed(0)), isReached ? 'reached' : 'not reached']];
  });
  if (lines.length === 0) return '';
  return table(['', 'aim, ms', 'our login', 'is left', 'after login', 'all of it', ''], lines);
}

/** A release over each line, packed against as it is. */
export function slowTable(rows: readonly SlowRow[]): string {
  if (rows.length === 0) return '';
  const lines = rows.map(({ rate, pack, bytes, ms }) => {
    const base = rows.find((row) => row.rate === rate && !row.pack);
    return [
      `${Number.isFinite(rate) ? `${rate / 1000} kB/s` : 'loopback'}, ${pack ? 'packed' : 'as it is'}`,
      String(bytes),
      median(ms).toFixed(0),
      base === undefined ? '' : times(median(ms), median(base.ms)),
    ];
  });
  return table(['a release over a line of', 'bytes', 'ms', '×'], lines);
}

/** Processor time of this side for a board, against one board alone. */
export function boardsTable(rows: readonly BoardsRow[]): string {
  const base = rows[0];
  if (base === undefined) return '';
  const lines = rows.map(({ boards, processorMs, wallMs }) => [
    boards === 1 ? 'one board' : `${boards} boards at once`,
    `${median(processorMs).toFixed(0)} ±${medianDeviation(processorMs).toFixed(0)}`,
    times(median(processorMs), median(base.processorMs)),
    boards === 1 ? '' : `${aimOfMany} × one board`,
    median(wallMs).toFixed(0),
    String(wallMs.length),
  ]);
  return table(['', 'processor ms a board', '×', 'aim', 'wall ms', 'rounds'], lines);
}

/** Times of the machine, compared with a reset that has nothing to forget. */
export function resetTable(rows: readonly ResetRow[]): string {
  const base = rows[0];
  if (base === undefined) return '';
  const lines = rows.map(({ files, durableUs, sweepUs, durableSectors, sweepSectors }) => [
    `${files} files`,
    `${milliseconds(median(durableUs))} ±${milliseconds(medianDeviation(durableUs))}`,
    times(median(durableUs), median(base.durableUs)),
    `${milliseconds(median(sweepUs))} ±${milliseconds(medianDeviation(sweepUs))}`,
    times(median(sweepUs), median(base.sweepUs)),
    `${median(durableSectors)}`,
    times(median(durableSectors), median(base.durableSectors)),
    `${median(sweepSectors)}`,
    String(durableUs.length),
  ]);
  const head = ['factory reset', 'durable, ms', '×', 'deleted later, ms', '×'];
  return table([...head, 'sectors until durable', '×', 'sectors later', 'rounds'], lines);
}

function milliseconds(us: number): string {
  return (us / 1000).toFixed(1);
}

function microseconds(ticks: number): string {
  return (ticks / 1000).toFixed(0);
}
