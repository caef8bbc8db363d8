/**
 * Headers of a tar archive, as POSIX has them (pax): what has no room in the fields of 1988, and extended attributes, stand in
 * records before the header. In: one entry. Out: bytes. Pure.
 */

export type TarType = 'file' | 'link' | 'symlink' | 'character' | 'block' | 'directory' | 'fifo';

export interface TarEntry {
  /** From the root of the archive, without a slash in front; a directory's ends with one. */
  readonly path: string;
  readonly type: TarType;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes that follow the header. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly modified: number;
  /** Where a symbolic link leads, or which entry before this one has the same file. */
  readonly target: string;
  readonly major: number;
  readonly minor: number;
  /** Extended attributes: name, value, name, value. */
  readonly attributes: readonly string[];
}

const block = 512;
const letters: Readonly<Record<TarType, string>> = {
  file: '0',
  link: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
};
/** The largest numbers of fields with 7 and with 11 octal digits. */
const largestId = 0o7777777;
const largestSize = 0o77777777777;
const longestName = 100;

/** Everything that stands before an entry's content. */
export function tarHeader(entry: TarEntry): string {
  const { path, target, size, uid, gid, modified } = entry;
  const records = [
    ...(path.length > longestName ? [record('path', path)] : []),
    ...(target.length > longestName ? [record('linkpath', target)] : []),
    ...(size > largestSize ? [record('size', String(size))] : []),
    ...(uid > largestId ? [record('uid', String(uid))] : []),
    ...(gid > largestId ? [record('gid', String(gid))] : []),
    ...(modified < 0 || modified > largestSize ? [record('mtime', String(modified))] : []),
    ...attributeRecords(entry.attributes),
  ].join('');
  const own = ustar(entry, letters[entry.type]);
  if (records === '') return own;
  const notes = { ...plain, path: 'pax', size: records.length };
  return ustar(notes, 'x') + filled(records) + own;
}

/** What ends an archive. */
export const tarEnd = zeros(2 * block);

const plain: TarEntry = {
  ...{
    path: '',
    type: 'file',
    mode: 0o600,
    uid: 0,
    gid: 0,
    size: 0,
    modified: 0,
    target: '',
    major: 0,
    minor: 0,
  },
  attributes: [],
};

function attributeRecords(attributes: readonly string[]): string[] {
  const records: string[] = [];
  for (let at = 0; at + 1 < attributes.length; at += 2)
    records.push(record(`SCHILY.xattr.${attributes[at]}`, attributes[at + 1] ?? ''));
  return records;
}

/** "LENGTH NAME=VALUE\n", whose length counts itself. */
function record(name: string, value: string): string {
  const rest = ` ${name}=${value}\n`;
  let length = rest.length;
  while (length !== rest.length + String(length).length) length = rest.length + String(length).length;
  return `${length}${rest}`;
}

function ustar(entry: TarEntry, letter: string): string {
  const before = [
    field(entry.path, longestName),
    octal(entry.mode, 7),
    octal(entry.uid > largestId ? 0 : entry.uid, 7),
    octal(entry.gid > largestId ? 0 : entry.gid, 7),
    octal(entry.size > largestSize ? 0 : entry.size, 11),
    octal(entry.modified < 0 || entry.modified > largestSize ? 0 : entry.modified, 11),
  ].join('');
  const after = [
    letter,
    field(entry.target, longestName),
    'ustar\u000000',
    zeros(64),
    octal(entry.major, 7),
    octal(entry.minor, 7),
    zeros(167),
  ].join('');
  let sum = 8 * 0x20;
  for (const part of [before, after]) for (let at = 0; at < part.length; at++) sum += part.charCodeAt(at);
  return `${before}${octal(sum, 6)} ${after}`;
}

/** Cut off, or filled with zeros. */
function field(text: string, length: number): string {
  return text.length >= length ? text.slice(0, length) : text + zeros(length - text.length);
}

/** So many octal digits and a zero byte. */
function octal(value: number, digits: number): string {
  let [text, rest] = ['', value];
  for (let digit = 0; digit < digits; digit++) {
    text = String(rest % 8) + text;
    rest = Math.floor(rest / 8);
  }
  return `${text}\u0000`;
}

function filled(text: string): string {
  const over = text.length % block;
  return over === 0 ? text : text + zeros(block - over);
}

function zeros(length: number): string {
  let text = '';
  for (let at = 0; at < length; at++) text += '\u0000';
  return text;
}
