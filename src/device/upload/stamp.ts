/**
 * The stamp that stands beside an uploaded folder: what the board saw of it when it was complete, which tree that was, and
 * the tree's digests. Where the board sees the same again, nothing needs to be read, and the digests are the folder's.
 */
import { createHash } from 'node:crypto';
import { constants, deflateRawSync, inflateRawSync } from 'node:zlib';
import type { Found } from './inventory.ts';
import type { UploadEntry } from './tree.ts';

const kind = 'overlaykit-stamp';
/** Of what is written into a stamp, and of what the board is asked to print. */
const version = 1;

/** More entries get no stamp: it has 40 bytes or so for each, on storage that is small. */
export const mostStamped = 20_000;
const mostBytes = 64 << 20;
/** Fewer entries are linked in no time: no folder of links is kept for the next upload. */
export const fewestSpared = 200;

/** Programs whose word on a listing is taken. */
const listingDigests: Readonly<Record<string, string>> = { sha256sum: 'sha256', md5sum: 'md5' };

/**
 * Shell functions; they need seenFunctions. ovl_read_stamp: whether there is a stamp; sets $ovl_tree to the digest of its tree.
 * A stamp of somebody else is none: the folder may stand in /tmp. It says which program made the listing, so that none has to be looked for.
 * ovl_stamped FOLDER: whether the stamp's listing is what the board sees there now. It has inode numbers: a folder of links to the same files has the same.
 */
export const stampReading = `
ovl_read_stamp() {
  [ -f "$ovl_stamp" ] && [ ! -h "$ovl_stamp" ] && [ -O "$ovl_stamp" ] || return 1
  read -r ovl_word ovl_number ovl_form ovl_sum ovl_was ovl_tree <"$ovl_stamp" || return 1
  [ "$ovl_word $ovl_number" = "${kind} ${version}" ] || return 1
  case $ovl_sum in sha256sum | md5sum) ;; *) return 1 ;; esac
}
ovl_stamped() {
  ovl_now=$(cd "$1" && ovl_seen 2>/dev/null | "$ovl_sum" 2>/dev/null)
  [ "\${ovl_now%% *}" = "$ovl_was" ]
}
`;

/**
 * Shell function; it needs seenFunctions. ovl_write_stamp: with $ovl_form, $ovl_sum, $ovl_tree, $ovl_index, and $ovl_was, the digest of ovl_plain when the files were read:
 * where it is still that, nobody has written since. Links that were deleted since have moved change times only. Nothing relies on a stamp, so
 * nothing fails where there can be none. Whatever has its name already is not written into: a link, in a folder that others write to.
 */
export const stampWriting = `
ovl_tidy() {
  for ovl_name in "$ovl_mine" "$ovl_spare"; do
    if [ -e "$ovl_name" ]; then rm -rf "$ovl_name"; fi
  done
  if [ -n "$ovl_form" ]; then
    if [ "$ovl_spares" = spare ] && ! cp -al "$ovl_dest" "$ovl_spare" 2>/dev/null; then rm -rf "$ovl_spare"; fi
    ovl_write_stamp
  fi
}
ovl_write_stamp() {
  cd "$ovl_dest" || return 0
  ovl_now=$(ovl_seen 2>/dev/null | "$ovl_sum" 2>/dev/null)
  ovl_then=$(ovl_plain 2>/dev/null | "$ovl_sum" 2>/dev/null)
  [ "\${ovl_then%% *}" = "$ovl_was" ] || return 0
  set -C
  if {
    echo "${kind} ${version} $ovl_form $ovl_sum \${ovl_now%% *} $ovl_tree"
    echo "$ovl_index"
  } 2>/dev/null >"$ovl_stamp.new"; then
    mv "$ovl_stamp.new" "$ovl_stamp"
  else
    rm -f "$ovl_stamp.new"
  fi
}
`;

/** One word for a tree: the same for the same paths, kinds, modes, contents and targets. */
export function treeDigest(tree: ReadonlyMap<string, UploadEntry>): string {
  return writtenOf(tree).digest;
}

/** Makes what a stamp will have of a tree, at a time when nobody waits for it. */
export function prepareStamp(tree: ReadonlyMap<string, UploadEntry>): void {
  if (tree.size <= mostStamped) writtenOf(tree).index();
}

/** A tree as it is written down: as JSON, and that packed. */
interface Written {
  readonly digest: string;
  readonly index: () => string;
}

/** An upload needs it up to three times; a tree is never changed. */
const written = new WeakMap<ReadonlyMap<string, UploadEntry>, Written>();

function writtenOf(tree: ReadonlyMap<string, UploadEntry>): Written {
  const known = written.get(tree);
  if (known !== undefined) return known;
  const text = rows([...tree.values()].map(rowOf));
  let index: string | undefined;
  const made: Written = {
    digest: digestOf(text),
    index: () => {
      index ??= deflateRawSync(text, { level: constants.Z_BEST_SPEED }).toString('base64');
      return index;
    },
  };
  written.set(tree, made);
  return made;
}

/** path, mode or -1 for a symbolic link, then the digest of a file, the target of a link, or nothing. */
type Row = readonly [path: string, mode: number, what: string];

function rowOf(entry: UploadEntry): Row {
  if (entry.kind === 'symlink') return [entry.path, -1, entry.target];
  return [entry.path, entry.mode, entry.kind === 'file' ? entry.sha256 : ''];
}

function rows(all: readonly Row[]): string {
  return JSON.stringify(all);
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/**
 * What ovl_write_stamp is told: the listing's form and program, its digest, the tree's, and in a second line the tree.
 * @param listing what ovl_plain printed
 * @param program the digest program of the board; undefined comes back where its word is not enough
 * @param spare whether the board is to keep a folder of links beside
 */
export function stampLines(
  listing: Uint8Array,
  form: string,
  program: string,
  tree: ReadonlyMap<string, UploadEntry>,
  spare = false,
): Uint8Array | undefined {
  const algorithm = listingDigests[program];
  if (algorithm === undefined) return undefined;
  const listed = createHash(algorithm).update(listing).digest('hex');
  const { digest, index } = writtenOf(tree);
  return Buffer.from(`${form} ${program} ${listed} ${digest} ${spare ? 'spare' : ''}\n${index()}\n`);
}

/** What a stamp says the folder has; undefined for one that is torn, or of another version. */
export function readStamp(text: string): ReadonlyMap<string, Found> | undefined {
  const [head = '', index = ''] = text.split('\n');
  const [first, second, , , , tree] = head.split(' ');
  if (first !== kind || second !== String(version)) return undefined;
  try {
    const packed = Buffer.from(index, 'base64');
    const json = inflateRawSync(packed, { maxOutputLength: mostBytes }).toString('utf8');
    return digestOf(json) === tree ? foundIn(JSON.parse(json)) : undefined;
  } catch {
    return undefined;
  }
}

function foundIn(value: unknown): ReadonlyMap<string, Found> | undefined {
  if (!Array.isArray(value)) return undefined;
  const found = new Map<string, Found>();
  for (const row of value as readonly unknown[]) {
    if (!isRow(row)) return undefined;
    const [path, mode, what] = row;
    if (mode < 0) found.set(path, { kind: 'symlink', target: what });
    else if (what === '') found.set(path, { kind: 'directory', mode });
    else found.set(path, { kind: 'file', mode, digest: what });
  }
  return found;
}

function isRow(value: unknown): value is Row {
  return (
    Array.isArray(value) &&
    value.length === 3 &&
    typeof value[0] === 'string' &&
    Number.isInteger(value[1]) &&
    typeof value[2] === 'string'
  );
}
