/**
 * An archive in portions, each complete in itself: the board reads what came with one while the next one comes. Its tar says nothing of
 * when a file is whole, and no two tars print the same names; a tar that has ended has written all of them.
 */
import { quote } from '../../render/quote.ts';
import { archiveSize, entrySize } from './archive.ts';
import type { UploadEntry } from './tree.ts';

export interface Portion {
  readonly entries: readonly UploadEntry[];
  /** Its files as words of a shell, which go ahead of its archive. */
  readonly names: Uint8Array;
  /** Of its archive. */
  readonly bytes: number;
}

/** An archive behind which stdin goes on: in one go, or in portions. */
export type Staying =
  | { readonly kind: 'whole'; readonly bytes: number }
  | { readonly kind: 'portions'; readonly portions: readonly Portion[] };

/** Reading the last one goes on while all of it is written through, and takes about as long where it is a third. */
const share = 3;
/** Each costs the board a few programs. */
const leastBytes = 1 << 20;
const mostBytes = 8 << 20;
/** Old kernels take 128 KiB of words. */
const mostNames = 64 << 10;

/** @returns one at least; the entries in their order */
export function portionsOf(entries: readonly UploadEntry[]): readonly Portion[] {
  const aim = Math.min(Math.max(Math.ceil(archiveSize(entries) / share), leastBytes), mostBytes);
  const portions: Portion[] = [];
  let taken: UploadEntry[] = [];
  let words: string[] = [];
  let [bytes, names] = [0, 0];
  const close = (): void => {
    portions.push({ entries: taken, names: Buffer.from(words.join(' ')), bytes: archiveSize(taken) });
    [taken, words, bytes, names] = [[], [], 0, 0];
  };
  for (const entry of entries) {
    const word = entry.kind === 'file' ? quote(`./${entry.path}`) : '';
    const length = Buffer.byteLength(word) + 1;
    if (bytes >= aim || names + length > mostNames) close();
    taken.push(entry);
    if (word !== '') words.push(word);
    names += length;
    bytes += entrySize(entry);
  }
  close();
  return portions;
}

/** Shell function: ovl_portion NAMES BYTES, each in bytes. It leaves the last portion's files to ovl_sums. Needs a head that reads no further. */
export const portionFunctions = `
ovl_names= ovl_hashing=
ovl_sums() { [ -z "$ovl_names" ] || eval "$ovl_digest $ovl_names"; }
ovl_portion() {
  if [ -n "$ovl_names" ]; then
    ovl_sums 2>/dev/null | ovl_gathered &
    ovl_hashing=$!
  fi
  ovl_names=$(head -c "$1") && head -c "$2" | tar xpf - || return 1
  if [ -n "$ovl_hashing" ]; then wait "$ovl_hashing"; ovl_hashing=; fi
}
`;
