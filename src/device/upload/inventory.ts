/**
 * What a folder on a board has, in one answer: names, kinds, permission bits, digests, targets of links. The board's
 * programs are asked only for what they all print alike: messages, dates and the columns of ls differ between them.
 */
import { type DigestProgram, digestPrograms } from './digest.ts';
import type { Sort } from './sorts.ts';

export interface Inventory {
  /** Whether there is a folder. */
  readonly there: boolean;
  readonly digest: DigestProgram;
  /** Programs that were looked for and found. */
  readonly programs: ReadonlySet<string>;
  readonly found: ReadonlyMap<string, Found>;
}

export interface Found {
  readonly kind: Sort['kind'];
  /** Permission bits, where they are among those that were asked for. */
  readonly mode?: number;
  readonly digest?: string;
  readonly target?: string;
}

const looked = ['tar', 'find', 'cp', 'sync', 'readlink'] as const;

/**
 * Shell functions. ovl_tools looks what the board has; ovl_list FOLDER SORTS prints that, and what the folder has. Every
 * part begins with a line that starts with $ovl_mark, a word that no file name has, and names end with NUL where find can
 * do that. SORTS is expressionOf(sorts). $ovl_only narrows which files get digests; where find does not know it, all get
 * them.
 */
export const inventoryFunctions = `
ovl_tools() {
  ovl_digest=
  for ovl_word in ${digestPrograms.join(' ')}; do
    if [ -z "$ovl_digest" ] && command -v "$ovl_word" >/dev/null 2>&1; then ovl_digest=$ovl_word; fi
  done
  ovl_digest=\${ovl_digest:-wc -c}
  ovl_have=
  for ovl_word in ${looked.join(' ')}; do
    if command -v "$ovl_word" >/dev/null 2>&1; then ovl_have="$ovl_have $ovl_word"; fi
  done
  ovl_end=-print0
  find / -prune -print0 >/dev/null 2>&1 || ovl_end=-print
}
ovl_list() (
  echo "$ovl_mark programs $ovl_have"
  echo "$ovl_mark digest $ovl_digest"
  echo "$ovl_mark end $ovl_end"
  cd "$1" 2>/dev/null || exit 0
  echo "$ovl_mark there"
  echo "$ovl_mark names"
  eval "find . $2"
  echo
  echo "$ovl_mark links"
  find . -type l -exec sh -c 'for ovl_link; do printf "%s//" "$ovl_link"; readlink "$ovl_link" && echo; done' sh {} +
  echo "$ovl_mark sums"
  find . -type f $ovl_only -exec $ovl_digest {} + 2>/dev/null || find . -type f -exec $ovl_digest {} +
  echo "$ovl_mark done"
)
`;

/** Reads an answer. Whatever it has, the result is only ever compared with what is wanted. */
export function readInventory(answer: Uint8Array, mark: string, sorts: readonly Sort[]): Inventory {
  const parts = partsOf(answer, mark);
  const word = (name: string): string =>
    [...parts.keys()]
      .find((head) => head.startsWith(`${name} `))
      ?.slice(name.length + 1)
      .trim() ?? '';
  const digest = digestPrograms.find((one) => one === word('digest')) ?? 'wc -c';
  const sums = readSums(parts.get('sums') ?? '', digest);
  const links = readLinks(parts.get('links') ?? '');
  const found = new Map<string, Found>();
  const names = readNames(parts.get('names') ?? '', word('end') === '-print0' ? '\0' : '\n');
  for (const [name, times] of names) {
    const { kind, mode } = sorts[times - 1] ?? other;
    const [sum, target] = [sums.get(name), links.get(name)];
    found.set(name, {
      kind,
      ...(mode === undefined ? {} : { mode }),
      ...(sum === undefined ? {} : { digest: sum }),
      ...(target === undefined ? {} : { target }),
    });
  }
  return { there: parts.has('there'), digest, programs: new Set(word('programs').split(' ')), found };
}

const other: Sort = { kind: 'other' };

/** What stands below each of the script's own lines; the first of a name counts. */
function partsOf(answer: Uint8Array, mark: string): ReadonlyMap<string, string> {
  const text = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength).toString('utf8');
  const parts = new Map<string, string>();
  for (const part of text.split(new RegExp(`(?:^|\\n)${mark} `)).slice(1)) {
    const at = part.indexOf('\n');
    const [head, body] = at < 0 ? [part, ''] : [part.slice(0, at), part.slice(at + 1)];
    if (!parts.has(head)) parts.set(head, body);
  }
  return parts;
}

/**
 * How often each path was printed in a row. What does not begin as find's paths do is the rest of a name with a line feed,
 * from a find that cannot end names otherwise: it is a name that nobody wants, so that nothing is taken for the same.
 */
function readNames(body: string, end: string): ReadonlyMap<string, number> {
  const times = new Map<string, number>();
  for (const path of body.split(end)) {
    if (path === '' || path === '.' || path === '\n') continue;
    const name = path.startsWith('./') ? path.slice(2) : path;
    times.set(name, path.startsWith('./') ? (times.get(name) ?? 0) + 1 : Number.POSITIVE_INFINITY);
  }
  return times;
}

const records: Readonly<Record<DigestProgram, RegExp>> = {
  sha256sum: /^\\?([0-9a-f]{64}) [ *]\.\//gm,
  md5sum: /^\\?([0-9a-f]{32}) [ *]\.\//gm,
  cksum: /^(\d+ \d+) \.\//gm,
  'wc -c': /^ *(\d+) \.\//gm,
};

/** "DIGEST  ./NAME" a record. A name with a line feed goes on in the next line; GNU's programs escape it instead. */
function readSums(body: string, program: DigestProgram): ReadonlyMap<string, string> {
  const text = program === 'wc -c' ? body.replace(/ *\d+ total\n?$/, '') : body;
  const start = records[program];
  const all = [...text.matchAll(start)];
  return new Map(
    all.map((match, index) => {
      const name = text.slice(match.index + match[0].length, all[index + 1]?.index).replace(/\n$/, '');
      return [match[0].startsWith('\\') ? unescaped(name) : name, match[1] ?? ''];
    }),
  );
}

function unescaped(name: string): string {
  return name.replace(/\\([\\nr])/g, (_, letter: string) => ({ n: '\n', r: '\r' })[letter] ?? '\\');
}

/** "./NAME//TARGET", then a line feed of readlink's and an empty line; no name has two slashes in a row. */
function readLinks(text: string): ReadonlyMap<string, string> {
  return new Map(
    `${text}\n`.split(/\n\n(?=\.\/|$)/).flatMap((record) => {
      const at = record.indexOf('//');
      return at < 0 ? [] : [[record.slice(0, at).replace(/^\n?\.\//, ''), record.slice(at + 2)] as const];
    }),
  );
}
