/**
 * What lies on a storage, read without the code under test: the command that tells it on a checking board, the reading
 * of its answer, and which of the uppers a boot has to take, after docs/decisions/0005 and nothing else.
 */
import type { SeenEntry, SeenTree } from './judge.ts';
import { loadFolder } from './tree.ts';

/** Whether a factory reset is asked for, what the state's slots say, and the merged root over each upper. */
export interface StorageView {
  readonly request: boolean;
  /** The text of each slot of the state that exists. */
  readonly slots: readonly string[];
  /** By the path of the upper below the storage: "upper", "generations/3/upper". */
  readonly trees: ReadonlyMap<string, SeenTree>;
  /** By the path of the generation, "generations/3"; only where it was asked for. */
  readonly inside?: ReadonlyMap<string, Inside>;
}

/** A generation as it lies on the storage, without a union. */
export interface Inside {
  readonly upper: SeenTree;
  readonly notes: Notes;
}

/** Lines of what is noted of the base beside an upper; none where there is no such file. */
export interface Notes {
  readonly base: readonly string[];
  readonly report: readonly string[];
}

/** Lists the load's folder below `root`: kind, mode, length and name of everything, and the MD5 of every file. */
export function treeCommand(root: string): string {
  const folder = `${root}${loadFolder}`;
  return `cd ${folder} && find . -mindepth 1 -exec stat -c 'entry %f %a %s %n' {} + && find . -type f -exec md5sum {} + && cd /`;
}

/** Prints what is noted of the base beside the uppers of the generations. */
export function notesCommand(generation: string): string {
  return `[ ! -f ${generation}/base ] || sed 's/^/noted base /' ${generation}/base
  [ ! -f ${generation}/base-report ] || sed 's/^/noted report /' ${generation}/base-report`;
}

/** Reads the answer to notesCommand(). */
export function readNotes(lines: readonly string[]): Notes {
  const of = (what: string): readonly string[] =>
    lines
      .filter((line) => line.startsWith(`noted ${what} `))
      .map((line) => line.slice(`noted ${what} `.length));
  return { base: of('base'), report: of('report') };
}

/** Tells what lies in each generation of the storage mounted at `storage`. */
function insideCommand(storage: string): string {
  return `
for generation in ${storage}/generations/*; do
  [ -d $generation/upper ] || continue
  echo "inside \${generation#${storage}/}"
  ${notesCommand('$generation')}
  [ ! -d $generation/upper${loadFolder} ] || { ${treeCommand('$generation/upper')}; }
done`;
}

/**
 * Tells everything of the storage mounted at `storage`; unions are mounted at `at`, with the read-only root below.
 * @param inside whether to look at the uppers as they are, too
 */
export function viewCommand(storage: string, at: string, inside = false): string {
  return `
[ ! -e ${storage}/overlaykit/reset ] || echo request
for slot in ${storage}/overlaykit/state.a ${storage}/overlaykit/state.b; do
  [ ! -f $slot ] || echo "slot $(head -c 1000 $slot | tr '\\n' '~')"
done
for upper in ${storage}/upper ${storage}/generations/*/upper; do
  [ -d $upper ] || continue
  mount -t overlay -o ro,lowerdir=$upper:/ overlay ${at} || { echo "no union over $upper"; continue; }
  echo "tree \${upper#${storage}/}"
  ${treeCommand(at)}
  umount ${at}
done${inside ? insideCommand(storage) : ''}`;
}

/** Reads the answer to treeCommand(). */
export function readTree(lines: readonly string[]): SeenTree {
  const tree = new Map<string, SeenEntry>();
  const digests = new Map<string, string>();
  for (const line of lines) {
    const digest = /^([0-9a-f]{32}) {2}\.\/(.+)$/.exec(line);
    if (digest?.[1] !== undefined && digest[2] !== undefined) digests.set(digest[2], digest[1]);
  }
  for (const line of lines) {
    const [, type = '', mode = '', length = '', path] =
      /^entry ([0-9a-f]+) ([0-7]+) (\d+) \.\/(.+)$/.exec(line) ?? [];
    if (path !== undefined) tree.set(path, entryOf(type, mode, Number(length), digests.get(path)));
  }
  return tree;
}

/** `type` is st_mode in hexadecimal; a file whose content could not be read has no digest. */
function entryOf(type: string, mode: string, length: number, md5: string | undefined): SeenEntry {
  const kind = Number.parseInt(type, 16) & 0o170000;
  if (kind === 0o040000) return { kind: 'folder' };
  if (kind !== 0o100000) return { kind: 'other', what: `an entry of type 0${kind.toString(8)}` };
  if (md5 === undefined) return { kind: 'other', what: 'a file that cannot be read' };
  return { kind: 'file', length, md5, mode: Number.parseInt(mode, 8) };
}

/** Reads the answer to viewCommand(). */
export function readView(output: string): StorageView {
  const [seen = '', ...generations] = output.split(/^inside /m);
  const [head = '', ...sections] = seen.split(/^tree /m);
  return {
    ...(generations.length === 0 ? {} : { inside: new Map(generations.map(readInside)) }),
    request: /^request$/m.test(head),
    slots: [...head.matchAll(/^slot (.*)$/gm)].map(([, text = '']) => text.replaceAll('~', '\n')),
    trees: new Map(
      sections.map((section) => {
        const [name = '', ...lines] = section.split('\n');
        return [name, readTree(lines)];
      }),
    ),
  };
}

function readInside(section: string): readonly [string, Inside] {
  const [name = '', ...lines] = section.split('\n');
  return [name, { upper: readTree(lines), notes: readNotes(lines) }];
}

export type Choice =
  | { readonly kind: 'upper'; readonly path: string; readonly tree: SeenTree }
  /** There is no upper yet: what boots is the read-only root. */
  | { readonly kind: 'factory' }
  | { readonly kind: 'none'; readonly reason: string };

/**
 * The upper that the next boot shows when no reset is asked for.
 * @param attempts boots that may go unconfirmed before the generation before is taken again
 */
export function choose({ slots, trees }: StorageView, attempts: number): Choice {
  const state = countingState(slots);
  if (state !== undefined) return upperOf(generationToBoot(state, attempts), trees);
  if (slots.length > 0) return newest(trees);
  const plain = trees.get('upper');
  if (plain !== undefined) return { kind: 'upper', path: 'upper', tree: plain };
  return trees.size === 0 ? { kind: 'factory' } : newest(trees);
}

function upperOf(number: number | undefined, trees: StorageView['trees']): Choice {
  if (number === undefined) return { kind: 'none', reason: 'the state has no generation left that may boot' };
  const path = `generations/${number}/upper`;
  const tree = trees.get(path);
  return tree === undefined
    ? { kind: 'none', reason: `the state names generation ${number}, and there is no ${path}` }
    : { kind: 'upper', path, tree };
}

function newest(trees: StorageView['trees']): Choice {
  const numbers = [...trees.keys()].map((path) =>
    Number(/^generations\/(\d+)\/upper$/.exec(path)?.[1] ?? -1),
  );
  const highest = Math.max(-1, ...numbers);
  return highest < 0 ? { kind: 'factory' } : upperOf(highest, trees);
}

/** The state that counts: of the slots that are whole the one with the higher seq. */
export function countingState(slots: readonly string[]): SlotState | undefined {
  const states = slots.map(readSlot).filter((state) => state !== undefined);
  return states.toSorted((a, b) => b.seq - a.seq)[0];
}

/** The part of the state that decides what boots. */
export interface BootState {
  readonly active: number;
  readonly previous: number | undefined;
  readonly trying: number | undefined;
  readonly attempts: number;
}

interface SlotState extends BootState {
  readonly seq: number;
}

/** The generation that boots by a state, where `limit` boots may go unconfirmed; undefined where none may. */
export function generationToBoot(
  { active, previous, trying, attempts }: BootState,
  limit: number,
): number | undefined {
  if (trying !== undefined) return attempts < limit ? trying : active;
  return attempts < limit ? active : previous;
}

/** A slot that is whole: its length and its check number are those that it says, and each word is a number or "-". */
function readSlot(text: string): SlotState | undefined {
  const [, body = '', length, check] = /^(overlaykit-state 1 .*) end=(\d+)\.(\d+)\n/.exec(text) ?? [];
  const values = body.split(' ').slice(2).map(readWord);
  if (Number(length) !== body.length || Number(check) !== checkNumber(values)) return undefined;
  const [seq, active, previous, trying, attempts] = values;
  if (seq === undefined || active === undefined || attempts === undefined) return undefined;
  return { seq, active, previous, trying, attempts };
}

function readWord(word: string): number | undefined {
  const value = word.slice(word.indexOf('=') + 1);
  return value === '-' ? undefined : Number(value);
}

function checkNumber(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((sum, value) => (sum * 31 + (value === undefined ? 0 : value + 1)) % 65521, 0);
}
