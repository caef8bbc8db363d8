/** What a folder on a board has, read out of one answer: names, kinds, permission bits, digests, targets of links. */
import { type DigestProgram, digestPrograms } from './digest.ts';
import { plainEntry, type SeenForm, seenForms } from './seen.ts';
import type { Sort } from './sorts.ts';
import { readStamp } from './stamp.ts';

export interface Inventory {
  /** Whether there is a folder. */
  readonly there: boolean;
  readonly digest: DigestProgram;
  /** Programs that were looked for and found. */
  readonly programs: ReadonlySet<string>;
  readonly found: ReadonlyMap<string, Found>;
  /** How the board can tell that nobody wrote to a folder, where it can. */
  readonly form?: SeenForm;
  /** What a stamp of the folder is made of, where it was asked for. */
  readonly seen?: SeenParts;
  /** Where the stamp said what there is: that it is the very tree, that it is another, or that it cannot be read. */
  readonly stamp?: 'same' | 'other' | 'torn';
}

export interface SeenParts {
  /** What ovl_plain printed. */
  readonly listing: Buffer;
  /** The folder, without links in its path, and the board's mount table. */
  readonly folder: string;
  readonly mounts: string;
}

export interface Found {
  readonly kind: Sort['kind'];
  /** Permission bits, where they are among those that were asked for. */
  readonly mode?: number;
  readonly digest?: string;
  readonly target?: string;
}

/** Reads an answer. Whatever it has, the result is only ever compared with what is wanted. */
export function readInventory(answer: Uint8Array, mark: string, sorts: readonly Sort[]): Inventory {
  const parts = partsOf(answer, mark);
  const word = (name: string): string =>
    [...parts.keys()]
      .find((head) => head.startsWith(`${name} `))
      ?.slice(name.length + 1)
      .trim() ?? '';
  const digest: DigestProgram = digestPrograms.find((one) => one === word('digest')) ?? 'wc -c';
  const form = seenForms.find((one) => one === word('form'));
  const all = {
    there: parts.has('there'),
    digest,
    programs: new Set(word('programs').split(' ')),
    ...(form === undefined ? {} : { form }),
  };
  if (parts.has('same')) return { ...all, stamp: 'same', found: new Map() };
  const stamped = parts.get('stamp');
  if (stamped !== undefined) {
    const found = readStamp(stamped);
    return {
      ...all,
      digest: 'sha256sum',
      stamp: found === undefined ? 'torn' : 'other',
      found: found ?? new Map(),
    };
  }
  const sums = readSums(`${parts.get('arriving') ?? ''}\n${parts.get('sums') ?? ''}`, digest);
  const entries = parts.get('entries');
  const named =
    entries === undefined
      ? fromNames(parts, word('end') === '-print0' ? '\0' : '\n', sorts)
      : fromEntries(entries);
  const found = new Map<string, Found>();
  for (const [name, one] of named) {
    const sum = sums.get(name);
    found.set(name, sum === undefined ? one : { ...one, digest: sum });
  }
  const seen = seenParts(parts, form);
  return { ...all, found, ...(seen === undefined ? {} : { seen }) };
}

function seenParts(parts: ReadonlyMap<string, string>, form: SeenForm | undefined): SeenParts | undefined {
  const [folder, mounts] = [parts.get('place'), parts.get('mounts')];
  const listing = form === 'printf' ? parts.get('entries') : `${parts.get('plain') ?? ''}\n`;
  if (folder === undefined || mounts === undefined || listing === undefined) return undefined;
  return { listing: Buffer.from(listing), folder, mounts };
}

const other: Sort = { kind: 'other' };

function fromNames(
  parts: ReadonlyMap<string, string>,
  end: string,
  sorts: readonly Sort[],
): ReadonlyMap<string, Found> {
  const links = readLinks(parts.get('links') ?? '');
  const found = new Map<string, Found>();
  for (const [name, times] of readNames(parts.get('names') ?? '', end)) {
    const { kind, mode } = sorts[times - 1] ?? other;
    const target = links.get(name);
    found.set(name, {
      kind,
      ...(mode === undefined ? {} : { mode }),
      ...(target === undefined ? {} : { target }),
    });
  }
  return found;
}

const kinds: Readonly<Record<string, Sort['kind']>> = { d: 'directory', f: 'file', l: 'symlink' };

/** What ovl_plain prints, each entry with a NUL after it. */
function fromEntries(body: string): ReadonlyMap<string, Found> {
  const found = new Map<string, Found>();
  for (const record of body.split('\0')) {
    const [, type = '', mode = '', , , path = '', target = ''] = plainEntry.exec(record) ?? [];
    if (!path.startsWith('./')) continue;
    const kind = kinds[type] ?? 'other';
    found.set(path.slice('./'.length), {
      kind,
      mode: Number.parseInt(mode, 8),
      ...(kind === 'symlink' ? { target } : {}),
    });
  }
  return found;
}

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
