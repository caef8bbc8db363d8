/**
 * The judge: whether what a board has after a power cut is what it may have. It knows the load and nothing of the code
 * under test. Pure but for digests.
 *
 * In: what was seen, and what was done before the cut. Out: a verdict.
 */
import { createHash } from 'node:crypto';
import { apply, type Operation, type Touch, touches } from './operation.ts';
import { type Entry, factoryTree, type Tree } from './tree.ts';

/** An entry as the checking board tells it; a file's bytes by their number and MD5. */
export type SeenEntry =
  | { readonly kind: 'folder' }
  | { readonly kind: 'file'; readonly length: number; readonly md5: string; readonly mode: number }
  | { readonly kind: 'other'; readonly what: string };

export type SeenTree = ReadonlyMap<string, SeenEntry>;

/**
 * `unbootable`: the storage does not mount, or the board does not come up on it. `lost`: something that was acknowledged
 * is not there. `mixed`: something is there that never was, or that belongs to another state.
 */
export type Fault = 'unbootable' | 'mixed' | 'lost';
export interface Finding {
  readonly fault: Fault;
  readonly reason: string;
}

/** What may be there: the tree, and what an operation under way may have changed in it. */
export interface Expectation {
  readonly tree: Tree;
  readonly underWay: readonly Touch[];
  /** Every content that a path ever had before, to tell a lost change from a torn one. */
  readonly earlier: ReadonlyMap<string, readonly (Entry | undefined)[]>;
}

/** What may be there once `acknowledged` operations on `base` were, and with the next one under way. */
export function expectationAfter(
  operations: readonly Operation[],
  acknowledged: number,
  base: Tree = factoryTree,
): Expectation {
  let tree = base;
  const earlier = new Map<string, (Entry | undefined)[]>();
  for (const operation of operations.slice(0, acknowledged)) {
    for (const { path, before } of touches(operation, tree))
      earlier.set(path, [...(earlier.get(path) ?? []), before]);
    tree = apply(operation, tree);
  }
  const next = operations[acknowledged];
  return { tree, underWay: next === undefined ? [] : touches(next, tree), earlier };
}

/** The findings of a whole tree; none when it is as it may be. */
export function judgeTree(seen: SeenTree, expected: Expectation): readonly Finding[] {
  const underWay = new Map(expected.underWay.map((touch) => [touch.path, touch]));
  const paths = new Set([...seen.keys(), ...expected.tree.keys(), ...underWay.keys()]);
  return [...paths].toSorted().flatMap((path) => {
    const touch = underWay.get(path);
    const entry = seen.get(path);
    if (touch !== undefined ? mayBe(entry, touch) : isEntry(entry, expected.tree.get(path))) return [];
    return [finding(path, entry, expected)];
  });
}

function finding(path: string, entry: SeenEntry | undefined, expected: Expectation): Finding {
  const wanted = expected.tree.get(path);
  const was = expected.earlier.get(path) ?? [];
  const lost = wanted !== undefined && entry === undefined;
  const old = was.some((one) => isEntry(entry, one));
  return {
    fault: lost || old ? 'lost' : 'mixed',
    reason: `${path} is ${said(entry)}, not ${said(wanted === undefined ? undefined : seenOf(wanted))}${old ? '; it was that before' : ''}`,
  };
}

/** Whether this may be seen of a path while an operation on it is under way. */
function mayBe(entry: SeenEntry | undefined, { before, after, growing, passing }: Touch): boolean {
  if (isEntry(entry, before) || isEntry(entry, after)) return true;
  if (!growing || entry?.kind !== 'file') return false;
  const whole = passing ?? after;
  const least = before?.kind === 'file' ? before.bytes.length : 0;
  return (
    whole?.kind === 'file' &&
    entry.mode === whole.mode &&
    entry.length >= least &&
    entry.length <= whole.bytes.length &&
    entry.md5 === md5(whole.bytes.subarray(0, entry.length))
  );
}

function isEntry(seen: SeenEntry | undefined, entry: Entry | undefined): boolean {
  if (seen === undefined || entry === undefined) return seen === entry;
  if (entry.kind === 'folder') return seen.kind === 'folder';
  return (
    seen.kind === 'file' &&
    seen.length === entry.bytes.length &&
    seen.mode === entry.mode &&
    seen.md5 === digestOf(entry.bytes)
  );
}

/** Whether a tree is exactly this one. */
export function isTree(seen: SeenTree, tree: Tree): boolean {
  return judgeTree(seen, { tree, underWay: [], earlier: new Map() }).length === 0;
}

export function seenOf(entry: Entry): SeenEntry {
  return entry.kind === 'folder'
    ? entry
    : { kind: 'file', length: entry.bytes.length, md5: digestOf(entry.bytes), mode: entry.mode };
}

function said(entry: SeenEntry | undefined): string {
  if (entry === undefined) return 'absent';
  if (entry.kind === 'folder') return 'a folder';
  if (entry.kind === 'other') return entry.what;
  return `a file of ${entry.length} bytes, mode ${entry.mode.toString(8)}, MD5 ${entry.md5.slice(0, 8)}`;
}

/** Contents are compared once for every cut; most of them are the same ones. */
const digests = new WeakMap<Uint8Array, string>();
function digestOf(bytes: Uint8Array): string {
  const known = digests.get(bytes) ?? md5(bytes);
  digests.set(bytes, known);
  return known;
}

function md5(bytes: Uint8Array): string {
  return createHash('md5').update(bytes).digest('hex');
}
