/**
 * An overlay checker of its own, since Debian has none: written from the kernel's Documentation/filesystems/overlayfs.rst and
 * from what Linux shows, not from overlaykit's code. It says what a kernel would show wrong, or would refuse.
 */
import type { LayerEntry } from '../../src/layers/index.ts';

export interface CheckedLayers {
  readonly upper: readonly LayerEntry[];
  readonly lower: readonly LayerEntry[];
  /** What the union is mounted with: redirects and metacopies are refused (EPERM) where they are off. */
  readonly redirects: boolean;
  readonly metacopy: boolean;
}

const prefix = 'trusted.overlay.';
/** Every attribute that a kernel writes into an upper; 6.7 and newer escape those of users as overlay.overlay. */
const known = ['opaque', 'redirect', 'origin', 'impure', 'nlink', 'upper', 'uuid', 'metacopy', 'protattr'];

/** One sentence for each thing that is wrong; none for a clean upper. */
export function checkOverlay({ upper, lower, redirects, metacopy }: CheckedLayers): readonly string[] {
  const below = new Map(lower.map((entry) => [entry.path, entry]));
  const here = new Map(upper.map((entry) => [entry.path, entry]));
  const problems: string[] = [];
  const say = (path: string, text: string): void => void problems.push(`/${path}: ${text}`);
  for (const entry of upper) {
    checkAttributes(entry, say);
    const place = lowerPlace(entry.path, here);
    if (entry.type === 'char-device' && entry.device?.major === 0 && entry.device.minor === 0) {
      checkWhiteout(entry, place, here, below, say);
    }
    const redirect = entry.attributes?.get(`${prefix}redirect`);
    if (redirect !== undefined) {
      if (!redirects) say(entry.path, 'a redirect, which the kernel refuses to follow');
      else if (place !== undefined && !below.has(place))
        say(entry.path, `a redirect to "${redirect}", which is not there`);
    }
    if (entry.attributes?.has(`${prefix}metacopy`)) {
      const data = place === undefined ? undefined : below.get(place);
      if (!metacopy) say(entry.path, 'a metacopy, which the kernel refuses to follow');
      else if (data?.type !== 'file') say(entry.path, 'a metacopy without data');
      else if (data.size !== entry.size) say(entry.path, 'a metacopy of another size than its data');
    }
  }
  return problems;
}

function checkAttributes(
  { path, type, attributes }: LayerEntry,
  say: (path: string, text: string) => void,
): void {
  for (const [name, value] of attributes ?? []) {
    if (!name.startsWith(prefix) || name.startsWith(`${prefix}overlay.`)) continue;
    const what = name.slice(prefix.length);
    if (what === 'whiteout') say(path, 'a whiteout by attribute, which only lower layers may have');
    else if (!known.includes(what)) say(path, `an attribute ${name} that no kernel writes`);
    if (what === 'opaque' && (type !== 'directory' || value !== 'y'))
      say(path, `opaque="${value}" on a ${type}`);
    if (what === 'impure' && (type !== 'directory' || value !== 'y'))
      say(path, `impure="${value}" on a ${type}`);
    if (what === 'redirect' && !isRedirect(value)) say(path, `redirect="${value}" is no name and no path`);
    if (what === 'redirect' && Buffer.byteLength(value, 'latin1') > 256)
      say(path, 'a redirect longer than 256 bytes');
    if (what === 'origin' && (value.charCodeAt(0) !== 0 || value.charCodeAt(1) !== 0xfb))
      say(path, 'origin is no file handle');
    if (what === 'nlink' && !/^[LU][+-]\d+$/.test(value)) say(path, `nlink="${value}"`);
    if (what === 'metacopy' && type !== 'file') say(path, `metacopy on a ${type}`);
  }
}

/** A single name, or a path from the root without anything to be resolved. */
function isRedirect(value: string): boolean {
  const names = value.startsWith('/') ? value.slice(1).split('/') : [value];
  return names.every((name) => name !== '' && name !== '.' && name !== '..' && !name.includes('/'));
}

/**
 * A whiteout has to be over something that it hides. In a directory that merges with nothing the kernel does not filter
 * it: it is seen as `c?????????`.
 */
function checkWhiteout(
  entry: LayerEntry,
  place: string | undefined,
  here: ReadonlyMap<string, LayerEntry>,
  below: ReadonlyMap<string, LayerEntry>,
  say: (path: string, text: string) => void,
): void {
  if (entry.mode !== 0) say(entry.path, `a whiteout with mode 0${entry.mode.toString(8)}`);
  if (place === undefined) say(entry.path, 'a whiteout in an opaque directory, where it is seen');
  if (place === undefined || below.has(place)) return;
  const folder = entry.path.slice(0, Math.max(entry.path.lastIndexOf('/'), 0));
  const around = lowerPlace(folder, here);
  // A directory that merges is read entry by entry, and whiteouts are left out.
  if (folder === '' || (around !== undefined && below.get(around)?.type === 'directory')) return;
  say(entry.path, 'a whiteout of nothing, in a directory where it is seen');
}

/** Where the lower layer has what this path lies over; undefined below an opaque directory or beside one that is no directory. */
function lowerPlace(path: string, here: ReadonlyMap<string, LayerEntry>): string | undefined {
  const names = path.split('/');
  let lower: string[] = [];
  for (const [depth, name] of names.entries()) {
    const entry = here.get(names.slice(0, depth + 1).join('/'));
    const redirect = entry?.attributes?.get(`${prefix}redirect`);
    if (redirect?.startsWith('/')) lower = redirect.slice(1).split('/');
    else lower = [...lower, redirect ?? name];
    if (depth < names.length - 1 && entry?.attributes?.get(`${prefix}opaque`) === 'y') return undefined;
  }
  return lower.join('/');
}
