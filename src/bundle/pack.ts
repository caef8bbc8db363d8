/** Bundle → tar bytes. Equal bundles give equal bytes on any machine: order, owner, mode and time are all stated here. */
import { buffer } from 'node:stream/consumers';
import { type Pack, pack } from 'tar-stream';
import { type Bundle, bundleEntries } from './bundle.ts';
import type { BundleFile } from './file.ts';

/**
 * Time of every entry where SOURCE_DATE_EPOCH does not give another, in seconds since 1970: 1 January 2020. Not 0, which
 * boards without a clock show too: an entry that kept its time can be told from one that never had any.
 */
export const defaultMtime = 1_577_836_800;

/** The greatest time a ustar entry holds on boards with a 32-bit time_t, in seconds since 1970. */
export const greatestMtime = 2 ** 31 - 1;

/** @param mtime time of every entry, in seconds since 1970 */
export async function packBundle(bundle: Bundle, mtime: number = defaultMtime): Promise<Uint8Array> {
  const archive = pack();
  const bytes = buffer(archive);
  for (const file of bundleEntries(bundle)) await addEntry(archive, file, mtime);
  archive.finalize();
  return bytes;
}

async function addEntry(archive: Pack, file: BundleFile, mtime: number): Promise<void> {
  const header = {
    name: file.path,
    mode: file.mode,
    uid: 0,
    gid: 0,
    uname: '',
    gname: '',
    size: file.content.length,
    mtime: new Date(mtime * 1000),
    type: 'file' as const,
  };
  await new Promise<void>((resolve, reject) => {
    archive.entry(header, Buffer.from(file.content), (error) => (error ? reject(error) : resolve()));
  });
}
