/**
 * What a folder on a board has, in one answer: names, kinds, permission bits, digests, targets of links. The board's
 * programs are asked only for what they all print alike: messages, dates and the columns of ls differ between them.
 */
import { type DigestProgram, digestPrograms } from './digest.ts';

export interface Inventory {
  /** Whether there is a folder. */
  readonly there: boolean;
  readonly digest: DigestProgram;
  /** Programs that were looked for and found. */
  readonly programs: ReadonlySet<string>;
  readonly found: ReadonlyMap<string, Found>;
}

export interface Found {
  readonly kind: 'directory' | 'file' | 'symlink' | 'other';
  /** Permission bits, where they are among those that were asked for. */
  readonly mode?: number;
  readonly digest?: string;
  readonly target?: string;
}

const looked = ['tar', 'find', 'cp', 'sync', 'readlink'] as const;

/**
 * Shell functions. ovl_tools prints what the board has; ovl_list FOLDER MODES prints what the folder has. Every part begins
 * with a line that starts with $ovl_mark, a word that no file name has, and names end with NUL where find can do that.
 * $ovl_only narrows which files get digests; where find does not know it, all get them.
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
  echo "$ovl_mark programs $ovl_have"
  echo "$ovl_mark digest $ovl_digest"
  echo "$ovl_mark end $ovl_end"
}
ovl_list() (
  cd "$1" 2>/dev/null || exit 0
  echo "$ovl_mark there"
  for ovl_type in d f l; do
    echo "$ovl_mark type $ovl_type"
    find . -type "$ovl_type" "$ovl_end"
    echo
  done
  echo "$ovl_mark type o"
  find . ! -type d ! -type f ! -type l "$ovl_end"
  echo
  for ovl_word in $2; do
    echo "$ovl_mark mode $ovl_word"
    find . ! -type l -perm "$ovl_word" "$ovl_end"
    echo
  done
  echo "$ovl_mark links"
  find . -type l -exec sh -c 'for ovl_link; do printf "%s//" "$ovl_link"; readlink "$ovl_link" && echo; done' sh {} +
  echo "$ovl_mark sums"
  find . -type f $ovl_only -exec $ovl_digest {} + 2>/dev/null || find . -type f -exec $ovl_digest {} +
  echo "$ovl_mark done"
)
`;

/** Reads an answer. Whatever it has, the result is only ever compared with what is wanted. */
export function readInventory(answer: Uint8Array, mark: string): Inventory {
  const parts = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength)
    .toString('utf8')
    .split(new RegExp(`(?:^|\\n)${mark} `))
    .slice(1)
    .map((part) => {
      const at = part.indexOf('\n');
      return at < 0 ? { head: part, body: '' } : { head: part.slice(0, at), body: part.slice(at + 1) };
    });
  const of = (head: string): string => parts.find((part) => part.head === head)?.body ?? '';
  const word = (name: string): string =>
    parts
      .find(({ head }) => head.startsWith(`${name} `))
      ?.head.slice(name.length + 1)
      .trim() ?? '';
  const end = word('end') === '-print0' ? '\0' : '\n';
  const names = (head: string): readonly string[] =>
    of(head)
      .split(end)
      .map((name) => name.replace(/^\n?\.\//, ''))
      .filter((name) => name !== '' && name !== '.' && name !== '\n');
  const digest = digestPrograms.find((one) => one === word('digest')) ?? 'wc -c';
  const modes = new Map<string, number>();
  for (const { head } of parts)
    if (head.startsWith('mode '))
      for (const name of names(head)) modes.set(name, Number.parseInt(head.slice(5), 8));
  const sums = readSums(of('sums'), digest);
  const links = readLinks(of('links'));
  const found = new Map<string, Found>();
  for (const [letter, kind] of kinds) {
    for (const name of names(`type ${letter}`)) {
      const [mode, sum, target] = [modes.get(name), sums.get(name), links.get(name)];
      found.set(name, {
        kind,
        ...(mode === undefined ? {} : { mode }),
        ...(sum === undefined ? {} : { digest: sum }),
        ...(target === undefined ? {} : { target }),
      });
    }
  }
  return {
    there: parts.some(({ head }) => head === 'there'),
    digest,
    programs: new Set(word('programs').split(' ')),
    found,
  };
}

const kinds = [
  ['d', 'directory'],
  ['f', 'file'],
  ['l', 'symlink'],
  ['o', 'other'],
] as const;

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
