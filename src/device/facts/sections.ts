/**
 * The bytes that the probing script wrote, as its sections. The mark is made anew for each probe, so nothing that lies on a
 * board can end or begin a section; what a login script says before the first one is nobody's.
 */
import { type Fact, known, unknown } from './facts.ts';

export interface Section {
  readonly bytes: Uint8Array;
  /** Why the fact is not known; empty where it is. */
  readonly why: string;
}

/** Bytes that the script takes of a file at most (64 blocks of 4 KiB); a section that long may lack its end. */
const most = 64 * 4096;

/** Reads sections; any bytes will do. A section that has no end is one that the connection cut off, and is left out. */
export function readSections(bytes: Uint8Array, mark: string): ReadonlyMap<string, Section> {
  // One character a byte: offsets in the text are offsets in the bytes.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
  const sections = new Map<string, Section>();
  const begin = `\n${mark} begin `;
  const end = `\n${mark} end `;
  for (let at = text.indexOf(begin); at !== -1; ) {
    const name = lineAt(text, at + begin.length);
    const from = at + begin.length + name.length + 1;
    // An empty section has its end on the very line feed that ends its beginning.
    const to = text.indexOf(end, from - 1);
    const next = text.indexOf(begin, from - 1);
    if (to === -1) break;
    if (next === -1 || to < next) {
      const why = Buffer.from(lineAt(text, to + end.length), 'latin1').toString('utf8');
      if (!sections.has(name)) sections.set(name, { bytes: bytes.slice(from, Math.max(from, to)), why });
    }
    at = next === -1 || next > to ? text.indexOf(begin, to + end.length) : next;
  }
  return sections;
}

function lineAt(text: string, at: number): string {
  const end = text.indexOf('\n', at);
  return text.slice(at, end === -1 ? undefined : end);
}

/** The text of a section, and what a parser makes of it; undefined of the parser means that it is not of the known form. */
export function factOf<T>(
  section: Section | undefined,
  parse: (text: string, bytes: Uint8Array) => T | undefined,
): Fact<T> {
  if (section === undefined) return unknown('the answer of the board ended before this');
  if (section.why !== '') return unknown(section.why);
  if (section.bytes.length >= most) return unknown(`it is longer than ${most / 1024} KiB`);
  const value = parse(new TextDecoder().decode(section.bytes), section.bytes);
  return value === undefined ? unknown('it does not have the known form') : known(value);
}
