/**
 * Puts a folder together beside others that may have the same files in other versions: a release beside releases. What any of them
 * has is copied on the board, the rest is sent. Its name in the end is the caller's to give.
 */
import { randomBytes } from 'node:crypto';
import type { Device } from '../device.ts';
import { besideScripts, besideSuffix } from './beside-scripts.ts';
import { difference } from './difference.ts';
import { type DigestProgram, digestOf } from './digest.ts';
import type { Inventory } from './inventory.ts';
import { packed } from './pack.ts';
import { differing, type Parcel, parcelFor, sentBytes } from './parcel.ts';
import { Place, type UploadOptions } from './place.ts';
import type { Copy } from './script-parts.ts';
import { type Sort, sortsOf } from './sorts.ts';
import { type UploadEntry, uploadTree } from './tree.ts';
import { disagreement } from './trouble.ts';
import { requireAbsolute } from './upload.ts';

export interface StagedBeside {
  /** Where it lies, synced and read again. */
  readonly path: string;
  /** Files that were sent, and their bytes as they went. */
  readonly sent: { readonly files: number; readonly bytes: number };
  /** Files that the board had. */
  readonly had: number;
  /** The board's program that read what is there now. */
  readonly verifiedBy: DigestProgram;
}

export interface BesideOptions extends Pick<UploadOptions, 'onProgress' | 'signal' | 'silenceMs'> {
  readonly device: Device;
  /** Absolute path on the board of the folder that the others are in; it exists. */
  readonly folder: string;
  /** Without "/". Folders that are called so and end with .partial are what earlier sessions left. */
  readonly name: string;
  /** Whether the archive is packed where the board can unpack it, as it is by default. */
  readonly pack?: boolean;
}

/** Whose word for "the same" is taken for a file that is copied: a sum of 32 bits is not enough to boot by. */
const believed: ReadonlySet<DigestProgram> = new Set(['sha256sum', 'md5sum']);

/**
 * @throws Failure OVL540 to OVL544, the connection's OVL53x; the signal's reason; RangeError for paths that cannot be. What
 * arrived stays, and the next call goes on with it, except where it filled the file system or was not what was sent.
 */
export async function stageBeside(
  { device, folder, name, pack, ...options }: BesideOptions,
  entries: readonly UploadEntry[],
): Promise<StagedBeside> {
  requireAbsolute(`${folder}/${name}`);
  const own = `${name}.${randomBytes(4).toString('hex')}`;
  const place = new Place(device, `${folder}/${own}`, besideScripts, options);
  const tree = uploadTree(entries);
  const sorts = sortsOf(tree.values());
  const { sent } = await place.exchange(sorts, '', async (before) => {
    const parcel = await besideParcel(tree, before, sorts, `${own}${besideSuffix}/`);
    return pack === false ? parcel : packed(parcel, before, 0);
  });
  if (sent === undefined) throw new Error('a folder that is put together is always begun with');
  const { parcel, after } = sent;
  const wrong = await differing(tree, parcel, after);
  if (!after.there || wrong.length > 0) {
    await place.discard();
    throw disagreement(`${folder}/${name}`, wrong, after.digest);
  }
  const isFile = ({ kind }: UploadEntry): boolean => kind === 'file';
  const files = parcel.entries.filter(isFile).length;
  return {
    path: `${folder}/${own}${besideSuffix}`,
    sent: { files, bytes: sentBytes(parcel) },
    had: [...tree.values()].filter(isFile).length - files,
    verifiedBy: after.digest,
  };
}

/** What releases are made of: a name that is stranger is not worth a copy. */
const plain = /^[\w.-]+\/[\w.-]+$/;

/** @param own what the paths of the folder that is put together begin with, among those of all */
export async function besideParcel(
  tree: ReadonlyMap<string, UploadEntry>,
  before: Inventory,
  sorts: readonly Sort[],
  own: string,
): Promise<Parcel> {
  const staged = new Map(
    [...before.found].flatMap(([path, found]) =>
      path.startsWith(own) ? [[path.slice(own.length), found] as const] : [],
    ),
  );
  const digest = believed.has(before.digest) ? before.digest : 'wc -c';
  const { wanting, surplus } = await difference(tree, { found: staged, digest }, { strong: true });
  const others = new Map([...before.found].filter(([path]) => plain.test(path) && !path.startsWith(own)));
  const copies = before.programs.has('cp')
    ? await copiesOf(wanting, { found: others, digest: before.digest })
    : new Map<UploadEntry, Copy>();
  const replaced = wanting
    .filter(({ path, kind }) => kind !== 'directory' && staged.get(path)?.kind === kind)
    .map(({ path }) => path);
  return parcelFor(
    wanting.filter((entry) => !copies.has(entry)),
    { way: 'beside', replaced: [...surplus, ...replaced], copies: [...copies.values()] },
    before,
    sorts,
  );
}

/** Where the board has wanted files, by whatever name, with the same bytes and permissions. */
async function copiesOf(
  wanting: readonly UploadEntry[],
  { found, digest }: Pick<Inventory, 'found' | 'digest'>,
): Promise<ReadonlyMap<UploadEntry, Copy>> {
  const copies = new Map<UploadEntry, Copy>();
  if (!believed.has(digest)) return copies;
  const key = (sum: string, mode: number): string => `${sum} ${mode}`;
  const sources = new Map<string, string>();
  for (const [path, { kind, mode, digest: sum }] of found)
    if (kind === 'file' && mode !== undefined && sum !== undefined) sources.set(key(sum, mode), path);
  for (const entry of wanting) {
    if (entry.kind !== 'file') continue;
    const path = sources.get(key(await digestOf(entry, digest), entry.mode));
    if (path !== undefined) copies.set(entry, { from: `../${path}`, to: entry.path });
  }
  return copies;
}
