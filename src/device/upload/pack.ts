/** An archive as gzip makes it, where a board can undo that and it is worth it (docs/decisions/0014-ssh.md has the figures). */
import { buffer } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { archive } from './archive.ts';
import type { Inventory } from './inventory.ts';
import type { Parcel } from './parcel.ts';

/** Longer archives go as they are: they would have to be in memory whole before their first byte goes. */
const longest = 16 << 20;
/** What is hardly smaller is not worth a program more on the board. */
const worthwhile = 0.9;

/** @param mtime seconds since 1970 that every entry gets */
export async function packed(
  parcel: Parcel,
  { programs }: Pick<Inventory, 'programs'>,
  mtime: number,
): Promise<Parcel> {
  if (!parcel.hasTar || !programs.has('gunzip') || parcel.bytes > longest) return parcel;
  const small = await promisify(gzip)(await buffer(archive(parcel.entries, mtime)));
  return small.length > parcel.bytes * worthwhile ? parcel : { ...parcel, packed: small };
}
