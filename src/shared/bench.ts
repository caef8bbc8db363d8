/** What the times of `overlay_helper bench` mean: ratios with their ranges, and whether they say anything. Pure. */
import type { BenchAction, BenchCost, BenchReport } from './bench-report.ts';

export interface Comparison {
  readonly action: BenchAction;
  readonly bytes: number;
  readonly count: number;
  /** Medians in nanoseconds, of one file or directory. */
  readonly union: number;
  readonly plain: number;
  /** How far half of the times are from their median at most, in nanoseconds. */
  readonly spread: { readonly union: number; readonly plain: number };
  /** The median of union / plain, each of one round; its true value lies from low to high with `confidence`. */
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
  /** `noise`: the range has 1 in it, or there were too few rounds to say. */
  readonly verdict: 'slower' | 'faster' | 'noise';
}

export interface Bench {
  readonly comparisons: readonly Comparison[];
  /** Geometric means of ratios, 1 for no difference; undefined where none of them was measured. */
  readonly reads: number | undefined;
  readonly changes: number | undefined;
}

/** Of the range of a ratio. */
export const confidence = 0.9;

/** Steady work. A copy-up comes once for each file, and from cold caches reading is the medium's affair. */
const reading: readonly BenchAction[] = ['read', 'base-read', 'base-walk'];
const changing: readonly BenchAction[] = ['rewrite', 'create', 'delete', 'whiteout'];

export function compareBench({ costs }: Pick<BenchReport, 'costs'>): Bench {
  const comparisons = costs.filter(({ union }) => union.length > 0).map(compare);
  const of = (actions: readonly BenchAction[]): number | undefined =>
    geometricMean(comparisons.filter(({ action }) => actions.includes(action)).map(({ ratio }) => ratio));
  return { comparisons, reads: of(reading), changes: of(changing) };
}

function compare({ action, bytes, count, union, plain }: BenchCost): Comparison {
  // The two of one round ran one after the other: what slowed one of them down most likely slowed the other down too.
  const ratios = union.map((time, round) => time / (plain[round] ?? time)).sort((a, b) => a - b);
  const { from, enough } = rangeOf(ratios.length);
  const low = ratios[from] ?? 1;
  const high = ratios[ratios.length - 1 - from] ?? 1;
  return {
    ...{ action, bytes, count },
    union: median(union) / count,
    plain: median(plain) / count,
    spread: { union: deviation(union) / count, plain: deviation(plain) / count },
    ...{ ratio: median(ratios), low, high },
    verdict: !enough || (low <= 1 && high >= 1) ? 'noise' : low > 1 ? 'slower' : 'faster',
  };
}

/**
 * Which of the sorted values bound the median's confidence interval: of values that lie above or below it by the toss of a
 * coin, the outermost are left away as long as the chance of having it outside stays below 1 - `confidence`. No
 * distribution is assumed, and one wild round does not matter.
 */
function rangeOf(count: number): { readonly from: number; readonly enough: boolean } {
  let [from, outside, chance] = [-1, 0, 0.5 ** count];
  for (;;) {
    outside += 2 * chance;
    if (outside > 1 - confidence || from + 2 > count / 2) break;
    from++;
    chance *= (count - from) / (from + 1);
  }
  return { from: Math.max(from, 0), enough: from >= 0 };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return (upper + (sorted[Math.floor((sorted.length - 1) / 2)] ?? upper)) / 2;
}

function deviation(values: readonly number[]): number {
  const middle = median(values);
  return median(values.map((value) => Math.abs(value - middle)));
}

function geometricMean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);
}

export interface Published {
  readonly system: string;
  /** What it is said to cost more. */
  readonly says: string;
  readonly of: string;
  readonly source: string;
  /** Whether the source itself was read, and not only somebody who quotes it. */
  readonly read: boolean;
}

/** Of whole workloads on machines of their time: beside them, not against them. */
export const published: readonly Published[] = [
  {
    system: 'mini_fo',
    says: 'almost nothing',
    of: 'reading what is not modified',
    source: 'its announcement, LWN 135283 (2005)',
    read: true,
  },
  {
    system: 'mini_fo',
    says: '1-2 %',
    of: 'in general',
    source: 'often quoted, likely from the diploma thesis of M. Klotzbuecher (2004)',
    read: false,
  },
  {
    system: 'Unionfs',
    says: '2-3 %',
    of: 'typical user-like workloads',
    source: 'abstract of the report FSL-04-01b, Stony Brook University',
    read: true,
  },
  {
    system: 'Unionfs',
    says: '10-12 %',
    of: 'I/O-intensive workloads',
    source: 'often quoted from its article in ACM Transactions on Storage (2005)',
    read: false,
  },
];
