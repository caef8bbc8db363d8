/**
 * Judges a storage on which the base was replaced: at any cut the upper is the one from before, or it is brought over whole,
 * and only then noted to fit; what it hides is named. Pure.
 */
import { type Expectation, type Finding, judgeTree, type SeenEntry, type SeenTree } from './judge.ts';
import type { Inside, Notes } from './storage-view.ts';
import type { Tree } from './tree.ts';
import { type Base, cleaned, factsOf, isOrphan, type Recorded } from './upgrade-facts.ts';
import { merged, type Upper, type UpperEntry } from './upper-model.ts';

/** An upper that was made on one base and meets another. */
export interface Upgrade {
  readonly upper: Upper;
  readonly recorded: Recorded;
  readonly base: Base;
  /** The line that stands for the image that it was made on, and that of the next one. */
  readonly from: string;
  readonly to: string;
}

/** Where a cut is: whether the board was up on the next image, and whether anything was written there. */
export interface Progress {
  readonly done: boolean;
  readonly written: boolean;
}

/** What the next image shows with the upper, before anything is written there. */
export function upgradedTree({ upper, base }: Upgrade): Tree {
  return merged(cleaned(upper, base), base.tree);
}

/** The generation as it lies on the storage. */
export function judgeInside(
  { upper: seen, notes }: Inside,
  upgrade: Upgrade,
  { done, written }: Progress,
): readonly Finding[] {
  const fits = isNoted(notes, upgrade);
  return [
    ...(fits ? [] : judgeEarlier(notes, upgrade, done)),
    ...(fits ? orphansIn(seen, upgrade) : []),
    ...(written
      ? []
      : [...judgeUpper(seen, upgrade), ...judgeReport(notes, upgrade, fits || isBegun(seen, upgrade))]),
  ];
}

/** What a whole boot on the next image shows, after an earlier one was cut. */
export function judgeUpgraded(
  seen: SeenTree,
  notes: Notes,
  upgrade: Upgrade,
  { expected, written }: { readonly expected: Expectation; readonly written: boolean },
): readonly Finding[] {
  return [
    ...judgeTree(seen, expected),
    ...(isNoted(notes, upgrade) ? [] : [unfit(notes)]),
    ...(written ? [] : judgeReport(notes, upgrade, true)),
  ];
}

export function isNoted({ base }: Notes, { to }: Upgrade): boolean {
  return lineOf(base) === to;
}

function lineOf(lines: readonly string[]): string {
  return lines.join('\n');
}

function unfit({ base }: Notes): Finding {
  const said = JSON.stringify(lineOf(base));
  return {
    fault: 'lost',
    reason: `the board was up on the next image, and the upper is noted to fit ${said}`,
  };
}

/** Before it is up the note is that of the old image, or what a cut leaves of the new one. */
function judgeEarlier(notes: Notes, { from, to }: Upgrade, done: boolean): readonly Finding[] {
  if (done) return [unfit(notes)];
  const line = lineOf(notes.base);
  if (line === from || to.startsWith(line)) return [];
  return [{ fault: 'mixed', reason: `the upper is noted to fit ${JSON.stringify(line)}, which never ran` }];
}

/** Whiteouts over nothing, which show as entries without attributes. */
function orphansIn(seen: SeenTree, { upper, base }: Upgrade): readonly Finding[] {
  return [...seen].flatMap(([path, entry]): readonly Finding[] =>
    isWhiteout(entry) && isOrphan(upper, path, base.tree)
      ? [{ fault: 'mixed', reason: `noted to fit with a whiteout of ${path}, which the base lacks` }]
      : [],
  );
}

/** Everything is there as it was made. Whiteouts over nothing may be gone already. */
function judgeUpper(seen: SeenTree, { upper, base }: Upgrade): readonly Finding[] {
  const paths = new Set([...seen.keys(), ...upper.keys()]);
  return [...paths].toSorted().flatMap((path) => {
    const [there, wanted] = [seen.get(path), upper.get(path)];
    if (there === undefined && isOrphan(upper, path, base.tree)) return [];
    return judgeEntry(path, there, wanted).map(({ fault, reason }) => ({
      fault,
      reason: `in the upper, ${reason}`,
    }));
  });
}

function judgeEntry(
  path: string,
  there: SeenEntry | undefined,
  wanted: UpperEntry | undefined,
): readonly Finding[] {
  if (wanted?.kind === 'whiteout')
    return isWhiteout(there) ? [] : [{ fault: 'lost', reason: `the whiteout of ${path} is gone` }];
  const tree: Tree = new Map(wanted === undefined ? [] : [[path, wanted]]);
  const seen: SeenTree = new Map(there === undefined ? [] : [[path, there]]);
  return judgeTree(seen, { tree, underWay: [], earlier: new Map() });
}

/** Whether anything was cleaned. What it was is known from the report alone then, so that comes first. */
function isBegun(seen: SeenTree, { upper, base }: Upgrade): boolean {
  return [...upper.keys()].some((path) => isOrphan(upper, path, base.tree) && !seen.has(path));
}

function isWhiteout(entry: SeenEntry | undefined): boolean {
  return entry?.kind === 'other' && entry.what === 'an entry of type 020000';
}

/** A report is whole or not there yet; it has to be there once the upper is noted to fit. */
function judgeReport(
  { report }: Notes,
  { upper, recorded, base }: Upgrade,
  needed: boolean,
): readonly Finding[] {
  if (report.length === 0 && !needed) return [];
  const [said, wanted] = [factsIn(report), factsOf(upper, recorded, base)];
  return [
    ...wanted
      .filter((fact) => !said.includes(fact))
      .map((fact): Finding => ({ fault: 'lost', reason: `the report does not say: ${fact}` })),
    ...said
      .filter((fact) => !wanted.includes(fact))
      .map((fact): Finding => ({ fault: 'mixed', reason: `the report says what is not so: ${fact}` })),
  ];
}

/** "KIND PATH" of what lies in the load's folder. */
function factsIn(report: readonly string[]): readonly string[] {
  return report.flatMap((line) => {
    const [, kind, path] = /^([a-z-]+) \/srv\/torture\/(\S+)( .*)?$/.exec(line) ?? [];
    return path === undefined ? [] : [`${kind} ${path}`];
  });
}
