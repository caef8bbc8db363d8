/** The arithmetic of the benchmarks. Pure. */

/** @throws RangeError of no values */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  if (upper === undefined || lower === undefined) throw new RangeError('no values, no median');
  return (lower + upper) / 2;
}

/** Half of the values are no further from the median than this. */
export function medianDeviation(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

/** @throws RangeError of no values */
export function mean(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('no values, no mean');
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How many times `part` is as large as `base`, for people: "0.52", "31.4". */
export function times(part: number, base: number): string {
  if (base <= 0) return '-';
  const ratio = part / base;
  return ratio.toFixed(ratio < 10 ? 2 : 1);
}
