/**
 * Brings a folder on a board to a state, without SFTP: one session in which the board says what it has, gets one stream of
 * what differs, and says what arrived; then the switch, as a step of its own. Until the switch the destination is as it was.
 */
import type { Device } from '../device.ts';
import type { DigestProgram } from './digest.ts';
import type { Inventory } from './inventory.ts';
import { differing, type Parcel, parcelOf, sentBytes } from './parcel.ts';
import { Place, type UploadOptions } from './place.ts';
import { folderScripts } from './scripts.ts';
import type { Judge } from './session.ts';
import { sortsOf } from './sorts.ts';
import { prepareStamp, treeDigest } from './stamp.ts';
import type { Stamping } from './switch.ts';
import { type UploadEntry, uploadTree } from './tree.ts';
import { disagreement } from './trouble.ts';

export type { UploadOptions, UploadStep } from './place.ts';

export interface Upload {
  /**
   * "unchanged" where the board has all of it already; "switched" where that was to be done at once: switch() and discard() do
   * nothing then.
   */
  readonly kind: 'unchanged' | 'staged' | 'switched';
  /** Files that were sent, and bytes of the archive, or of the files where there is none. */
  readonly files: number;
  readonly bytes: number;
  /** The board's program that read the files, or "stamp" where nobody wrote to any since they were read. */
  readonly verifiedBy: DigestProgram | 'stamp';
  /**
   * Makes it the destination; what was there before is kept as DEST.ovl-previous. The last write, and durable when it is over.
   * The board then deletes what was before that by itself, whether the connection is closed or not.
   */
  readonly switch: () => Promise<void>;
  /** Waits for that, after the switch; another command over a connection to dropbear waits for it too. */
  readonly settled: () => Promise<void>;
  /** Takes the staged part away instead. */
  readonly discard: () => Promise<void>;
}

/**
 * @param dest absolute path on the board, of a folder or of nothing
 * @throws Failure OVL540 to OVL544, the connection's OVL53x, all with the destination unchanged; the signal's reason;
 * RangeError for paths that cannot be
 */
export async function upload(
  device: Device,
  dest: string,
  entries: readonly UploadEntry[],
  options: UploadOptions = {},
): Promise<Upload> {
  requireAbsolute(dest);
  const board = new Place(device, dest, folderScripts, options);
  const tree = uploadTree(entries);
  const sorts = sortsOf(tree.values());
  // Files that came without tar have the clock's time, which nothing can be told from.
  const stampingOf = ({ hasTar }: Parcel, after: Inventory): Stamping | undefined =>
    hasTar && (options.mtime ?? 0) === 0 ? { tree, after } : undefined;
  const judge: Judge = async (parcel, after) =>
    after.there && (await differing(tree, parcel, after)).length === 0
      ? { stamping: stampingOf(parcel, after) }
      : undefined;
  const exchange = (wanted: string) =>
    board.exchange(
      sorts,
      wanted,
      async (found) => {
        const parcel = await parcelOf(tree, found, sorts);
        // While the board unpacks.
        if (parcel !== undefined) setImmediate(prepareStamp, tree);
        return parcel;
      },
      options.atOnce === true ? judge : undefined,
    );
  const first = await exchange(options.reread === true ? '' : treeDigest(tree));
  const { before, sent } = first.before.stamp === 'torn' ? await exchange('') : first;
  if (sent === undefined)
    return {
      ...over,
      kind: 'unchanged',
      files: 0,
      bytes: 0,
      verifiedBy: before.stamp === 'same' ? 'stamp' : before.digest,
    };
  const { parcel, after, settled: tidied } = sent;
  const all = {
    files: parcel.entries.filter(({ kind }) => kind === 'file').length,
    bytes: sentBytes(parcel),
    verifiedBy: after.digest,
  };
  if (tidied !== undefined) return { ...over, ...all, kind: 'switched', settled: () => tidied };
  const wrong = await differing(tree, parcel, after);
  if (!after.there || wrong.length > 0) {
    await board.discard();
    throw disagreement(dest, wrong, after.digest);
  }
  if (options.atOnce === true) {
    const { switched, settled } = board.switch(stampingOf(parcel, after));
    await switched;
    return { ...over, ...all, kind: 'switched', settled: () => settled };
  }
  let settled = Promise.resolve();
  return {
    ...all,
    kind: 'staged',
    switch: () => {
      const switching = board.switch(stampingOf(parcel, after));
      settled = switching.settled;
      return switching.switched;
    },
    settled: () => settled,
    discard: () => board.discard(),
  };
}

/** Where there is nothing left to be done. */
const over = {
  switch: async () => {},
  settled: async () => {},
  discard: async () => {},
} as const;

/** @throws RangeError for what is no plain path from the root */
export function requireAbsolute(path: string): void {
  if (!/^\/(?!.*\/\/)[^\0]*[^/\0]$/s.test(path) || /\/\.\.?(?=\/|$)/.test(path))
    throw new RangeError(`not an absolute path: ${JSON.stringify(path)}`);
}
