/** A board's report for people and for grep: one line a fact, "KEY: VALUE". */
import type { BoardReport, StorageReport } from '../../shared/report.ts';
import { printable } from '../trouble.ts';

export function statusLines(report: BoardReport): readonly string[] {
  const { board, plan, rung, reasons, reset, device, repaired, booted, state, slots } = report;
  const { attemptsLimit, storage, pending, boots } = report;
  const lines = [
    fact('board', board),
    fact('plan', plan),
    fact('rung', rung),
    ...reasons.map((why) => fact('given-up', why)),
    fact('reset-done', reset),
    fact('device', device),
    ...(repaired === '' ? [] : [fact('repaired', repaired)]),
    fact('generation', booted),
    ...(state === null
      ? []
      : [
          fact('attempts', `${state.attempts} of ${attemptsLimit}`),
          fact('active', state.active),
          fact('previous', state.previous),
          fact('trying', state.trying),
          fact('next', state.next),
        ]),
    fact('slots', `a ${slots.a}, b ${slots.b}`),
    ...(storage === null ? [fact('storage', null)] : storageLines(storage)),
    fact('reset-asked', pending.reset ? 'yes' : 'no'),
    fact('paths-to-reset', pending.paths),
    fact('base', report.base.image),
    fact('base-fits', report.base.fits),
    fact('base-waiting', report.base.waiting),
    ...boots.map((line) => fact('boot', line)),
    ...report.kept.map((line) => fact('kept', line)),
    ...report.troubles.map((line) => fact('trouble', line)),
  ];
  return lines;
}

function storageLines({
  fstype,
  bytes,
  availableBytes,
  inodes,
  availableInodes,
  ...yes
}: StorageReport): string[] {
  return [
    fact('storage', fstype),
    fact('free-bytes', `${availableBytes} of ${bytes}`),
    fact('free-inodes', inodes === 0 ? '-' : `${availableInodes} of ${inodes}`),
    fact('volatile', yes.volatile ? 'yes' : 'no'),
    fact('full', yes.full ? 'yes' : 'no'),
  ];
}

/** Bytes; a line of the ledger has as many at most. */
const longest = 4096;

function fact(key: string, value: string | number | null): string {
  return `${key}: ${value === null || value === '' ? '-' : printable(String(value), longest)}`;
}
