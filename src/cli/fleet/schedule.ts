/**
 * Several things at once, but not too many: started in order, at most so many at a time, no new ones after too many failures
 * or an abort. Pure: no clock, no processes, no terminal.
 */

export interface Bounds {
  /** How many may run at once, at least one. */
  readonly jobs: number;
  /** After so many failures nothing new is started; Infinity for never. */
  readonly maxFailures: number;
  readonly signal: AbortSignal;
}

export type Settled<Item, Result> =
  | { readonly kind: 'done'; readonly item: Item; readonly result: Result }
  /** It was never started. */
  | { readonly kind: 'left'; readonly item: Item };

/**
 * Runs all items and waits for all that were started. Results come in the order of the items.
 * @param run never rejects for expected trouble; what it rejects with ends everything and is thrown
 * @param hasFailed whether a result counts against `maxFailures`
 */
export async function runBounded<Item, Result>(
  items: readonly Item[],
  { jobs, maxFailures, signal }: Bounds,
  run: (item: Item) => Promise<Result>,
  hasFailed: (result: Result) => boolean,
): Promise<readonly Settled<Item, Result>[]> {
  const settled: Settled<Item, Result>[] = items.map((item) => ({ kind: 'left', item }));
  const bugs: unknown[] = [];
  let next = 0;
  let failures = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length && failures < maxFailures && bugs.length === 0 && !signal.aborted) {
      const index = next++;
      const item = items[index] as Item;
      try {
        const result = await run(item);
        settled[index] = { kind: 'done', item, result };
        if (hasFailed(result)) failures++;
      } catch (error) {
        bugs.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(jobs, items.length) }, worker));
  if (bugs.length > 0) throw bugs[0];
  return settled;
}
