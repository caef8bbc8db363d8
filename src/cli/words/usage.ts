/** What fills the upper of a board, for people. Pure. */
import { formatSize } from '../../board/units.ts';
import { visible } from '../../diagnostics/escape.ts';
import type { UsageReport } from '../../shared/report.ts';

export function usageWords({ rung, bytes, inodes, largest, whiteouts, equal }: UsageReport): string {
  const sizes = largest.map((one) => formatSize(one.bytes));
  const width = Math.max(0, ...sizes.map((size) => size.length));
  const lines = [
    `rung ${rung}: ${formatSize(bytes)} in ${inodes} inodes, ${whiteouts} whiteouts`,
    ...largest.map((one, index) => {
      const files = one.directory ? `  (${one.inodes} inodes)` : '';
      return `  ${(sizes[index] ?? '').padStart(width)}  ${one.path}${files}`;
    }),
    ...(equal.count === 0
      ? []
      : [`${equal.count} files, ${formatSize(equal.bytes)}, are as the layers below have them:`]),
    ...equal.paths.map((path) => `  ${path}`),
    ...(equal.count > equal.paths.length ? [`  and ${equal.count - equal.paths.length} more`] : []),
  ];
  return lines.map((line) => `${visible(line)}\n`).join('');
}
