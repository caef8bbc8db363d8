/** What was measured of overlay_helper, as tables for people, with the goals. Pure. */
import {
  goalArch,
  goals,
  type HelperFigures,
  type HelperSizeRow,
  type WayName,
  type WayRow,
  wayTitles,
} from './helper-case.ts';
import { agreement } from './report.ts';
import { times } from './statistics.ts';
import { table } from './table.ts';

export interface Verdict {
  readonly goal: string;
  readonly found: string;
  readonly met: boolean;
}

export function helperTables(figures: HelperFigures | undefined): string {
  if (figures === undefined) return '';
  const temperatures = [...new Set(figures.ways.map(({ temperature }) => temperature))];
  const ways = temperatures.map(
    (one) => `${one}\n${wayTable(figures.ways.filter(({ temperature }) => temperature === one))}`,
  );
  const goalLines = verdicts(figures).map(({ goal, found, met }) => [goal, found, met ? 'met' : 'NOT MET']);
  return [sizeTable(figures.sizes), ...ways, table([`goals for ${goalArch}`, 'found', ''], goalLines)].join(
    '\n',
  );
}

function sizeTable(rows: readonly HelperSizeRow[]): string {
  const resident = (row: HelperSizeRow, verb: string): string => {
    const found = row.memory?.find((one) => one.verb === verb);
    return found === undefined ? 'n/a' : `${found.residentKiB} (${found.anonymousKiB} own)`;
  };
  const own = rows.find(({ arch }) => arch === goalArch)?.instructions ?? Number.NaN;
  const lines = rows.map((row) => [
    row.arch,
    String(row.bytes),
    String(row.xzBytes),
    String(row.gzipBytes),
    resident(row, 'verify'),
    resident(row, 'nothing'),
    row.instructions === undefined ? 'n/a' : String(row.instructions),
    row.instructions === undefined ? 'n/a' : times(row.instructions, own),
  ]);
  const memory = ['kB at end of verify', 'of a running board'];
  const work = ['instructions of verify', `× ${goalArch}`];
  return table(['', 'bytes', 'squashfs, xz', 'gzip', ...memory, ...work], lines);
}

/** init's own start is in every row: all goals are for the way to the first instruction of init. */
function wayTable(rows: readonly WayRow[]): string {
  const lines = rows.map(({ way, ticks }) => [
    wayTitles[way],
    (first(rows, way) / 1000).toFixed(0),
    ((first(rows, way) - first(rows, 'init')) / 1000).toFixed(0),
    way === 'init' ? '' : times(first(rows, way), first(rows, 'floor')),
    way === 'init' ? '' : times(first(rows, way), first(rows, 'moves')),
    way === 'init' ? '' : times(first(rows, way), first(rows, 'busybox')),
    agreement(ticks),
  ]);
  return table(
    ['', 'virtual µs', 'without init', '× chroot in C', '× calls in C', '× busybox', 'runs'],
    lines,
  );
}

/** Each goal, and whether it is met; the ways are those of a warm boot. A figure that is missing meets none. */
export function verdicts({ sizes, ways }: HelperFigures): readonly Verdict[] {
  const row = sizes.find(({ arch }) => arch === goalArch);
  const verify = row?.memory?.find(({ verb }) => verb === 'verify')?.residentKiB;
  const warm = ways.filter(({ temperature }) => temperature === 'warm');
  const [helper, floor, busybox] = (['helper', 'floor', 'busybox'] as const).map((way) => first(warm, way));
  const atMost = (
    goal: string,
    found: number = Number.NaN,
    limit: number,
    text = String(found),
  ): Verdict => ({
    goal,
    found: Number.isNaN(found) ? 'n/a' : text,
    met: found <= limit,
  });
  const floors = (helper ?? Number.NaN) / (floor ?? Number.NaN);
  const chroots = (helper ?? Number.NaN) / (busybox ?? Number.NaN);
  return [
    atMost(`at most ${goals.bytes} bytes, stripped`, row?.bytes, goals.bytes),
    atMost(`at most ${goals.xzBytes} bytes in squashfs with xz`, row?.xzBytes, goals.xzBytes),
    atMost(`at most ${goals.residentKiB} kB resident (verify)`, verify, goals.residentKiB),
    atMost(`at most ${goals.floors} × chroot in C (enter, warm)`, floors, goals.floors, floors.toFixed(2)),
    { ...atMost('below busybox chroot (enter, warm)', chroots, 1, chroots.toFixed(2)), met: chroots < 1 },
  ];
}

function first(rows: readonly WayRow[], way: WayName): number {
  return rows.find((row) => row.way === way)?.ticks[0] ?? Number.NaN;
}
