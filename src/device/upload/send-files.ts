/** For boards without tar: folders and links by a script, then each file by `cat`, a few at a time over one connection. */
import { bytesOf } from './digest.ts';
import type { Parcel } from './parcel.ts';
import type { Place } from './place.ts';
import type { FileEntry, UploadEntry } from './tree.ts';
import { failedAt } from './trouble.ts';

/** The device lets as many through as the server can. */
const atOnce = 4;

export async function sendFiles(
  place: Place,
  parcel: Parcel,
  count: (bytes: number) => void,
): ReturnType<Place['run']> {
  const { scripts } = place;
  const prepared = await place.run(scripts.prepare, [
    parcel.way,
    ...parcel.replaced.flatMap((path) => ['remove', `./${path}`]),
    ...parcel.copies.flatMap(({ from, to }) => ['copy', `./${from}`, `./${to}`]),
    ...parcel.entries.flatMap(preparation),
  ]);
  if (!prepared.ok) return prepared;
  const files = parcel.entries.filter((entry): entry is FileEntry => entry.kind === 'file');
  const next = files[Symbol.iterator]();
  const failed: (typeof prepared)[] = [];
  const work = async (): Promise<void> => {
    for (let file = next.next(); !file.done && failed.length === 0; file = next.next()) {
      const { path, mode, size, content } = file.value;
      const answer = await place.run(scripts.file, [mode.toString(8), `./${path}`], {
        stdin: bytesOf(content),
      });
      count(size);
      if (!answer.ok || failedAt(answer, place.mark) !== undefined) failed.push(answer);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return failed[0] ?? place.run(scripts.finish, [parcel.expression]);
}

function preparation(entry: UploadEntry): readonly string[] {
  switch (entry.kind) {
    case 'directory':
      return ['directory', entry.mode.toString(8), `./${entry.path}`];
    case 'symlink':
      return ['symlink', entry.target, `./${entry.path}`];
    case 'file':
      return [];
  }
}
