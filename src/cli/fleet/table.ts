/** The table at the end of a command on many boards. Pure. */
import { visible } from '../../diagnostics/escape.ts';

export interface FleetRow {
  readonly host: string;
  readonly outcome: string;
  /** What the board is like now. */
  readonly state: string;
  /** Exit code; null for a board that was left out. */
  readonly code: number | null;
}

/** Columns as wide as what is in them; every line ends with a line feed. */
export function fleetTable(rows: readonly FleetRow[]): string {
  const cells = [
    ['HOST', 'OUTCOME', 'BOARD', 'CODE'],
    ...rows.map(({ host, outcome, state, code }) => [
      host,
      outcome,
      state,
      code === null ? '-' : String(code),
    ]),
  ].map((row) => row.map(visible));
  const widths = [0, 1, 2].map((column) => Math.max(...cells.map((row) => row[column]?.length ?? 0)));
  return cells
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}\n`)
    .join('');
}
