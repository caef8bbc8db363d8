/** What overlayfs (Linux 3.18 and newer) notes in an upper: device nodes 0:0, and attributes in trusted.overlay or user.overlay. */
import type { LayerEntry } from './entry.ts';
import type { Notes } from './read-upper.ts';

export function isWhiteout({ type, device }: LayerEntry): boolean {
  return type === 'char-device' && device?.major === 0 && device.minor === 0;
}

export function overlayNotes(entries: readonly LayerEntry[]): Notes {
  const from = new Map<string, string>();
  for (const entry of entries) {
    const redirect = note(entry, 'redirect');
    // Only what a metacopy or a directory says of it means anything to the kernel.
    if (redirect === undefined || (entry.type !== 'directory' && note(entry, 'metacopy') === undefined))
      continue;
    from.set(entry.path, placeOf(entry.path, redirect));
  }
  const paths = (test: (entry: LayerEntry) => boolean): ReadonlySet<string> =>
    new Set(entries.filter(test).map(({ path }) => path));
  return {
    deleted: paths(isWhiteout),
    opaque: paths((entry) => entry.type === 'directory' && note(entry, 'opaque') === 'y'),
    from,
    metacopy: paths((entry) => entry.type === 'file' && note(entry, 'metacopy') !== undefined),
  };
}

function note({ attributes }: LayerEntry, name: string): string | undefined {
  return attributes?.get(`trusted.overlay.${name}`) ?? attributes?.get(`user.overlay.${name}`);
}

/** An absolute redirect is a path of the base; one without a slash is a name beside where the directory is now. */
function placeOf(path: string, redirect: string): string {
  if (redirect.startsWith('/')) return redirect.slice(1);
  const slash = path.lastIndexOf('/');
  return slash < 0 ? redirect : `${path.slice(0, slash)}/${redirect}`;
}
