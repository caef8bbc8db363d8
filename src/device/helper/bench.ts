/** What the union costs a board, measured there by its helper. The times are a board's word: their shape is checked here. */
import * as z from 'zod';
import { type BenchReport, benchActions, benchLimits, benchSchema } from '../../shared/bench-report.ts';
import type { Device } from '../device.ts';
import { callPresentHelper } from './call.ts';
import { readReport } from './reports.ts';

export interface BenchWish {
  /** Most bytes to write to the storage. */
  readonly budget?: number;
  readonly rounds?: number;
  readonly seconds: number;
  readonly noSync: boolean;
  readonly dropCaches: boolean;
}

/** A day in nanoseconds: more than any bench may take. */
const longest = 86_400e9;
const times = z.array(z.int().min(1).max(longest)).max(benchLimits.rounds);
const word = z.string().max(200);
const count = z.int().min(0);

const report: z.ZodType<BenchReport> = z.object({
  schema: z.literal(benchSchema),
  ...{ rung: word, kernel: word, union: word, storage: word, base: word },
  ...{ volatile: z.boolean(), sync: z.boolean() },
  ...{ rounds: count, wanted: count, written: count },
  left: z.array(word).max(100),
  costs: z
    .array(
      z
        .object({
          action: z.enum(benchActions),
          bytes: count,
          count: z.int().min(1).max(100_000),
          union: times,
          plain: times,
        })
        .refine(({ union, plain }) => union.length === plain.length, 'one side has more times'),
    )
    .max(100),
});

/** The words of the helper's verb. */
export function benchWords(wish: BenchWish): readonly ['bench', ...string[]] {
  const { budget, rounds, seconds, noSync, dropCaches } = wish;
  return [
    'bench',
    '--json',
    ...['--seconds', String(seconds)],
    ...(budget === undefined ? [] : ['--budget', String(budget)]),
    ...(rounds === undefined ? [] : ['--rounds', String(rounds)]),
    ...(noSync ? ['--no-sync'] : []),
    ...(dropCaches ? ['--drop-caches'] : []),
  ];
}

/** How long to wait for it in milliseconds: what was begun in time is ended, and slow flash is slow. */
export function benchDeadline({ seconds }: BenchWish): number {
  return (seconds + 600) * 1000;
}

/** @throws Failure OVL624 where it makes no sense */
export function readBench(text: string, name: string): BenchReport {
  return readReport(report, text, name, 'the measurement');
}

/** @throws Failure OVL5xx, OVL620 to OVL624 */
export async function benchBoard(device: Device, wish: BenchWish, signal: AbortSignal): Promise<BenchReport> {
  const answer = await callPresentHelper(device, benchWords(wish), {
    effect: 'looks',
    deadlineMs: benchDeadline(wish),
    signal,
  });
  return readBench(answer.stdout, device.name);
}
