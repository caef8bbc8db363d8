/** Tar bytes → entries, whatever the bytes are. Judges nothing: that is for verify.ts. */
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { extract } from 'tar-stream';

export interface ArchiveEntry {
  readonly path: string;
  /** tar's word for what the entry is: file, symlink, directory, ... */
  readonly type: string;
  readonly mode: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly content: Uint8Array;
}

export interface Archive {
  readonly entries: readonly ArchiveEntry[];
  /** Why the reading stopped early: not a tar archive, damaged, cut off. */
  readonly problem?: string;
}

/** Far more entries than a bundle has: its manifest of at most 1 MiB could not list as many. */
const entryLimit = 10_000;

/** Bytes handed over at a time; the extractor keeps what it has not used yet. */
const chunk = 64 * 1024;

/** Reads all entries, or those up to the first that cannot be read. */
export async function readArchive(bytes: Uint8Array): Promise<Archive> {
  const entries: ArchiveEntry[] = [];
  const reader = extract();
  const source = Readable.from(chunks(bytes));
  source.pipe(reader);
  try {
    for await (const entry of reader) {
      if (entries.length === entryLimit)
        return { entries, problem: `it has more than ${entryLimit} entries` };
      const { name, type, mode, mtime } = entry.header;
      entries.push({
        path: name,
        // null where the type flag is one that tar-stream does not know, which its types do not say.
        type: type ?? 'entry of unknown kind',
        mode,
        mtime: Math.floor(mtime.getTime() / 1000),
        content: await buffer(entry),
      });
    }
    return { entries };
  } catch (error) {
    return { entries, problem: (error as Error).message };
  } finally {
    source.destroy();
  }
}

function* chunks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += chunk) yield bytes.subarray(start, start + chunk);
}
