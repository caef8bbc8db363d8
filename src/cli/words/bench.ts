/** What the union costs a board, for people. Pure. */
import { formatSize } from '../../board/units.ts';
import { visible } from '../../diagnostics/escape.ts';
import { type Bench, type Comparison, confidence, published } from '../../shared/bench.ts';
import type { BenchAction, BenchReport } from '../../shared/bench-report.ts';

/** What each is called in tables and charts; the size of the file stands behind it. */
const names: Readonly<Record<BenchAction, string>> = {
  'copy-up': 'first write to a file of the base',
  read: 'read a changed file',
  rewrite: 'write 512 B of a changed file',
  create: 'create a file',
  delete: 'delete a created file',
  whiteout: 'delete a file of the base',
  'base-read': 'read a file of the base',
  'base-walk': 'list a directory of the base',
  'base-read-cold': 'read a file of the base, cold',
  'base-walk-cold': 'list a directory of the base, cold',
};

export function costName({ action, bytes }: Pick<Comparison, 'action' | 'bytes'>): string {
  return bytes === 0 ? names[action] : `${names[action]}, ${formatSize(bytes)}`;
}

const verdicts: Readonly<Record<Comparison['verdict'], string>> = {
  slower: 'slower',
  faster: 'faster',
  noise: 'within the noise',
};

export function benchText(report: BenchReport, bench: Bench): string {
  const lines = [
    headline(report),
    '',
    ...table(bench.comparisons),
    '',
    `in steady work: reading ${percent(bench.reads)}, changing ${percent(bench.changes)}`,
    'published, of other workloads on other machines:',
    ...published.map(
      ({ system, says, of, source, read }) =>
        `  ${system}: ${says}, ${of} (${source}${read ? '' : '; the source was not read'})`,
    ),
    ...report.left.map((one) => `left out: ${one}`),
    wroteWords(report),
  ];
  return lines.map((line) => `${visible(line)}\n`).join('');
}

export function headline({ union, base, storage, rung, kernel, sync }: BenchReport): string {
  const waits = sync ? 'every write waits until the storage has it' : 'writes are not waited for';
  return `${union} over ${base === '' ? 'the base' : base} on ${storage}, rung ${rung}, Linux ${kernel}; ${waits}`;
}

/** Much work in few words, for the table of many boards. */
export function benchState({ reads, changes }: Bench): string {
  return `reading ${percent(reads)}, changing ${percent(changes)}`;
}

/** "+12 %" of 1.12. */
export function percent(ratio: number | undefined): string {
  if (ratio === undefined) return 'not measured';
  const more = Math.round((ratio - 1) * 100);
  return `${more < 0 ? '' : '+'}${more} %`;
}

/** "1.3 ms" of nanoseconds. */
export function duration(nanoseconds: number): string {
  const [value, unit] =
    nanoseconds >= 1e9
      ? [nanoseconds / 1e9, 's']
      : nanoseconds >= 1e6
        ? [nanoseconds / 1e6, 'ms']
        : [nanoseconds / 1e3, 'µs'];
  return `${figure(value)} ${unit}`;
}

/** Three digits that count. */
function figure(value: number): string {
  return value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
}

function table(comparisons: readonly Comparison[]): readonly string[] {
  const rows = [
    ['', 'UNION', 'WITHOUT', 'RATIO', 'RANGE', ''],
    ...comparisons.map((one) => [
      costName(one),
      `${duration(one.union)} ± ${duration(one.spread.union)}`,
      `${duration(one.plain)} ± ${duration(one.spread.plain)}`,
      figure(one.ratio),
      `${figure(one.low)}-${figure(one.high)}`,
      verdicts[one.verdict],
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return column === 0 || column === row.length - 1 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join('  ')
      .trimEnd(),
  );
}

function wroteWords({ rounds, wanted, written, storage, volatile }: BenchReport): string {
  const early = rounds < wanted ? ` of ${wanted}; the time was over` : '';
  const wear = volatile ? ', which is memory' : '';
  const range = `the range holds the median with ${Math.round(confidence * 100)} % confidence`;
  return `${rounds} rounds${early}; ${range}; ${formatSize(written)} written to ${storage}${wear}`;
}
