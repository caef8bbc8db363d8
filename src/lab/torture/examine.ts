/** Examining the cuts of a session: a look at each in a checking board, a whole boot of some. */
import type { Bench } from './bench.ts';
import { bootOn } from './full-boot.ts';
import type { Finding } from './judge.ts';
import { lookAt } from './look.ts';
import type { Random } from './random.ts';
import type { JudgedCut } from './scenario.ts';

/** A cut at which something was found. */
export interface Examined {
  /** Its place among the cuts. */
  readonly index: number;
  readonly judged: JudgedCut;
  readonly findings: readonly Finding[];
  readonly by: 'look' | 'boot';
  /** What the board said, where one was booted. */
  readonly console?: string;
}

export interface Examining {
  /** How many of the cuts are booted fully. */
  readonly boots: number;
  readonly random: Random;
  /** Whether to look at the uppers as they are, too. */
  readonly inside?: boolean;
}

/** @returns those at which something was found */
export async function examine(
  bench: Bench,
  cuts: readonly JudgedCut[],
  { boots, random, inside = false }: Examining,
): Promise<readonly Examined[]> {
  const images = cuts.map(({ cut }) => cut.image);
  const looks = await lookAt(bench, images, inside);
  const found: Examined[] = [];
  for (const [index, judged] of cuts.entries()) {
    const look = looks[index];
    if (look !== undefined) found.push({ index, judged, findings: judged.judgeLook(look), by: 'look' });
  }
  for (const index of random.some(cuts.length, boots)) {
    const judged = cuts[index];
    if (judged === undefined) continue;
    const boot = await bootOn(bench, judged.cut.image);
    found.push({ index, judged, findings: judged.judgeBoot(boot), by: 'boot', console: boot.console });
  }
  return found.filter(({ findings }) => findings.length > 0);
}
