/** Changing the engine's source, which is pinned by digest: a place that is not there, or there twice, is a mistake of ours. */

/** What stands there once, and what comes in its place. */
export type Exchange = readonly [from: string, to: string];

/**
 * The text with all of them.
 * @param otherwise what the engine does otherwise where a place is not found
 */
export function exchangeAll(source: string, exchanges: readonly Exchange[], otherwise: string): string {
  return exchanges.reduce((text, [from, to]) => {
    const at = text.indexOf(from);
    if (at < 0 || text.includes(from, at + 1)) throw new Error(`the script engine ${otherwise} otherwise`);
    return text.slice(0, at) + to + text.slice(at + from.length);
  }, source);
}
