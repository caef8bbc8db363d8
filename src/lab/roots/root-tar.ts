/**
 * A root's tree as a tar archive: the one form in which owners, device nodes and extended attributes travel without
 * being root. The same tree gives the same bytes.
 */
import { buffer } from 'node:stream/consumers';
import { type Header, type Pack, pack } from 'tar-stream';
import type { RootFile } from './root-file.ts';

type EntryHeader = Partial<Header> & Pick<Header, 'name'>;

/** 2024-01-01T00:00:00Z: the time of everything in the lab's roots, so that an image is the same on every day. */
export const rootTime = new Date('2024-01-01T00:00:00Z');

/** Archives a tree made by `rootTree`. Hard links come last: their target has to be there already when they are read. */
export async function rootTar(tree: readonly RootFile[]): Promise<Uint8Array> {
  const archive = pack();
  const bytes = buffer(archive);
  for (const entry of tree) if (entry.kind !== 'hard-link') await addToTar(archive, entry);
  for (const entry of tree) if (entry.kind === 'hard-link') await addToTar(archive, entry);
  archive.finalize();
  return bytes;
}

/** Adds one entry to an archive that is being written. */
export function addToTar(archive: Pack, entry: RootFile): Promise<void> {
  const content = entry.kind === 'file' ? Buffer.from(entry.content) : Buffer.alloc(0);
  return new Promise((resolve, reject) => {
    archive.entry(headerOf(entry), content, (error) => (error ? reject(error) : resolve()));
  });
}

function headerOf(entry: RootFile): EntryHeader {
  const header = { name: entry.path.slice(1), mtime: rootTime, uid: 0, gid: 0, mode: 0o777 };
  switch (entry.kind) {
    case 'symlink':
      return { ...header, type: 'symlink', linkname: entry.target };
    case 'hard-link':
      return { ...header, type: 'link', linkname: entry.target.slice(1) };
    case 'device':
      return {
        ...withOwner(header, entry),
        type: entry.type === 'char' ? 'character-device' : 'block-device',
        devmajor: entry.number[0],
        devminor: entry.number[1],
      };
    default:
      return { ...withOwner(header, entry), type: entry.kind };
  }
}

function withOwner(header: EntryHeader, entry: Exclude<RootFile, { readonly target: string }>): EntryHeader {
  return {
    ...header,
    mode: entry.mode,
    uid: entry.uid ?? 0,
    gid: entry.gid ?? 0,
    ...(entry.xattrs === undefined ? {} : { pax: paxOf(entry.xattrs) }),
  };
}

/** libarchive's form of extended attributes: base64 without padding, and so fit for values that are not text. */
function paxOf(xattrs: Readonly<Record<string, Uint8Array>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(xattrs)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [
        `LIBARCHIVE.xattr.${name}`,
        Buffer.from(value).toString('base64').replace(/=+$/, ''),
      ]),
  );
}
