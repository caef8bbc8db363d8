/**
 * What a board says of a folder's entries without reading a file: kind, mode, size, times, inode number. Two listings that
 * are the same byte for byte are the mark of a folder that nobody wrote to (docs/decisions/0014-ssh.md says why).
 */
import type { UploadEntry } from './tree.ts';

/** Which of the board's programs tells it. */
export const seenForms = ['printf', 'stat'] as const;
export type SeenForm = (typeof seenForms)[number];

/**
 * Shell functions. ovl_look sets $ovl_form to a SeenForm or to none; ovl_seen prints the listing of the folder that the
 * shell is in, ovl_plain the same without change times, and with targets of links where they cost nothing: they move when another name of
 * a file is made or deleted. Folders are told without size and times: they move with every name that comes and goes, and names are told.
 */
export const seenFunctions = `
ovl_look() {
  ovl_form=none
  case $(find / -prune -printf '%y %s %T@ %C@ %i %p' 2>/dev/null) in
    'd '[0-9]*' '[0-9]*.[0-9]*' '[0-9]*.[0-9]*' '[0-9]*' /') ovl_form=printf ;;
    *) case $(stat -c '%f %s %Y %i %z %n' / 2>/dev/null) in [0-9a-f]*' '[0-9]*' '[0-9]*-*:*' /') ovl_form=stat ;; esac ;;
  esac
}
ovl_seen() {
  case $ovl_form in
    printf) find . -type d -printf '%y %m 0 0 0 0 %p\\0' -o -printf '%y %m %s %T@ %i %C@ %p\\0' ;;
    stat) find . -type d -exec stat -c '%f 0 0 0 0 %n' {} + && find . ! -type d -exec stat -c '%f %s %Y %i %z %n' {} + ;;
    *) false ;;
  esac
}
ovl_plain() {
  case $ovl_form in
    printf) find . -type d -printf '%y %m 0 0 0 %p//\\0' -o -printf '%y %m %s %T@ %i %p//%l\\0' ;;
    stat) find . -type d -exec stat -c '%f 0 0 0 %n' {} + && find . ! -type d -exec stat -c '%f %s %Y %i %n' {} + ;;
    *) false ;;
  esac
}
`;

interface Seen {
  readonly kind: UploadEntry['kind'] | undefined;
  readonly mode: number;
  readonly size: number;
  /** As the board wrote it; seconds since 1970, with or without a fraction. */
  readonly mtime: string;
  readonly path: string;
}

/** One entry of ovl_plain in the form printf. */
export const plainEntry = /^(\w) ([0-7]+) (\d+) (-?[\d.]+) \d+ (\..*?)\/\/(.*)$/s;

/**
 * Whether a listing of ovl_plain shows the tree and nothing else, every file with the time 0: whoever writes to a file gives it the
 * clock's time, and no board's clock shows 1970 to the second when the first program runs that could write.
 */
export function isUntouched(
  listing: Uint8Array,
  form: SeenForm,
  tree: ReadonlyMap<string, UploadEntry>,
): boolean {
  const text = Buffer.from(listing.buffer, listing.byteOffset, listing.byteLength).toString('utf8');
  const records = text.split(form === 'printf' ? '\0' : '\n');
  if (records.pop() !== '') return false;
  const left = new Set(tree.keys());
  return (
    records.every((record) => {
      const seen = read(record, form);
      if (seen?.path === '.') return true;
      const path = seen?.path.slice('./'.length) ?? '';
      const entry = tree.get(path);
      return seen !== undefined && entry !== undefined && left.delete(path) && isAs(seen, entry);
    }) && left.size === 0
  );
}

function isAs(seen: Seen, entry: UploadEntry): boolean {
  if (seen.kind !== entry.kind) return false;
  if (entry.kind === 'symlink') return true;
  if (seen.mode !== entry.mode) return false;
  return entry.kind === 'directory' || (seen.size === entry.size && /^0(?:\.0*)?$/.test(seen.mtime));
}

function read(record: string, form: SeenForm): Seen | undefined {
  if (form === 'printf') {
    const [, type, mode = '', size, mtime = '', path = ''] = plainEntry.exec(record) ?? [];
    const kind = type === 'f' ? 'file' : type === 'd' ? 'directory' : type === 'l' ? 'symlink' : undefined;
    return type === undefined
      ? undefined
      : { kind, mode: Number.parseInt(mode, 8), size: Number(size), mtime, path };
  }
  const [, raw = '', size, mtime = '', path] = /^([0-9a-f]+) (\d+) (-?\d+) \d+ (\..*)$/s.exec(record) ?? [];
  if (path === undefined) return undefined;
  const mode = Number.parseInt(raw, 16);
  const type = mode & 0o170000;
  const kind =
    type === 0o100000 ? 'file' : type === 0o040000 ? 'directory' : type === 0o120000 ? 'symlink' : undefined;
  return { kind, mode: mode & 0o7777, size: Number(size), mtime, path };
}
