/**
 * The storage of a virtual board: what the board file asks for, and the image file that plays it.
 *
 * In: a Board. Out: what kind of storage it needs, and a blank image of it. Machines decide how the board gets to see it.
 */
import { open, rename, rm, stat, truncate } from 'node:fs/promises';
import type { Board } from '../board/schema.ts';
import { Failure } from '../diagnostics/diagnostic.ts';
import { runTool } from '../system/process.ts';

/** What a board needs as storage; sizes in bytes. */
export type StorageNeed =
  | { readonly kind: 'none' }
  | ({ readonly kind: 'ext4' } & Disk)
  | ({ readonly kind: 'f2fs' } & Disk)
  | {
      readonly kind: 'jffs2';
      readonly bytes: number;
      readonly eraseBlockBytes: number;
      readonly name: string;
      /** N of mtdN; 0 where the board file goes by the name. */
      readonly number: number;
    };

interface Disk {
  readonly bytes: number;
  readonly label: string;
  readonly uuid: string;
  /** The device's name on the board, where the board file has one. */
  readonly path?: string;
}

const mebibyte = 1024 * 1024;
const defaultBytes = 16 * mebibyte;
const defaultEraseBlockBytes = 64 * 1024;
const defaultLabel = 'overlay';

/** One fixed UUID, so that the same board file gives the same image. */
const defaultUuid = '6f766c00-6b69-4000-8000-000000000001';

/** What the kernel's parsers of MTD names on command lines cannot take: they cut at these, and know no quoting. */
const unfitName = /[^\x20-\x7e]|[,()"'\\;]|^.{64,}$/;

/**
 * What storage the board file describes.
 * @throws Failure OVL412 when the lab cannot make such storage
 */
export function storageNeed(board: Board): StorageNeed {
  const { storage } = board;
  switch (storage.type) {
    case 'tmpfs':
      return { kind: 'none' };
    case 'jffs2':
      return flash(storage);
    case 'ext4':
    case 'file':
      return { kind: 'ext4', ...disk(storage) };
    case 'f2fs':
      return { kind: 'f2fs', ...disk(storage) };
    case 'ubifs':
      throw cannot(`storage of type ${storage.type}`, 'the lab makes JFFS2, ext4, f2fs and tmpfs storage');
  }
}

function flash(storage: Board['storage']): StorageNeed {
  const bytes = storage.size ?? storage.min_size ?? defaultBytes;
  const eraseBlockBytes = storage.erase_block ?? defaultEraseBlockBytes;
  const name = storage.find?.mtd ?? 'storage';
  if (bytes % eraseBlockBytes !== 0) {
    throw cannot(
      `flash of ${bytes} bytes with erase blocks of ${eraseBlockBytes}`,
      'a flash is a whole number of erase blocks',
    );
  }
  if (unfitName.test(name)) {
    throw cannot(`flash named ${JSON.stringify(name)}`, 'kernels cannot be told this name on a command line');
  }
  const byPath = /^\/dev\/mtdblock(\d+)$/.exec(storage.find?.path ?? '');
  return {
    kind: 'jffs2',
    bytes,
    eraseBlockBytes,
    name,
    number: storage.find?.mtd_number ?? Number(byPath?.[1] ?? 0),
  };
}

function disk(storage: Board['storage']): Disk {
  const path = storage.find?.path;
  return {
    bytes: storage.size ?? storage.min_size ?? defaultBytes,
    label: storage.find?.label ?? defaultLabel,
    uuid: storage.find?.uuid ?? defaultUuid,
    ...(path === undefined ? {} : { path }),
  };
}

/**
 * Makes a blank image where there is none, and leaves an existing one as it is.
 * @throws Failure OVL412 when an existing image is not of the board's size, OVL405 when it cannot be made
 */
export async function provideStorage(need: StorageNeed, image: string): Promise<void> {
  if (need.kind === 'none') return;
  const existing = await stat(image).catch(() => undefined);
  if (existing === undefined) return makeBlank(need, image);
  if (existing.size === need.bytes) return;
  throw cannot(
    `storage of ${need.bytes} bytes from ${image}`,
    `that image has ${existing.size} bytes`,
    'remove the image; a blank one is made in its place',
  );
}

async function makeBlank(need: Exclude<StorageNeed, { kind: 'none' }>, image: string): Promise<void> {
  const draft = `${image}.tmp-${process.pid}`;
  try {
    await make(need, draft);
    await rename(draft, image);
  } finally {
    await rm(draft, { force: true });
  }
}

function make(need: Exclude<StorageNeed, { kind: 'none' }>, path: string): Promise<void> {
  switch (need.kind) {
    case 'jffs2':
      return writeErased(path, need.bytes);
    case 'ext4':
      return makeExt4(path, need);
    case 'f2fs':
      return makeF2fs(path, need);
  }
}

/** A chip as it comes: erased flash reads as ones. JFFS2 formats it on the first mount, as it does on a new board. */
async function writeErased(path: string, bytes: number): Promise<void> {
  const ones = Buffer.alloc(Math.min(bytes, mebibyte), 0xff);
  const file = await open(path, 'wx');
  try {
    for (let at = 0; at < bytes; at += ones.length) {
      await file.write(ones, 0, Math.min(ones.length, bytes - at));
    }
  } finally {
    await file.close();
  }
}

/** Made without mounting it, so root is not needed; the fixed clock and hash seed make it the same every time. */
async function makeExt4(path: string, need: Disk): Promise<void> {
  await (await open(path, 'wx')).close();
  await truncate(path, need.bytes);
  const options = ['-q', '-F', '-m', '0', '-L', need.label, '-U', need.uuid, '-E', `hash_seed=${need.uuid}`];
  await runTool('mkfs.ext4', [...options, path], { env: { E2FSPROGS_FAKE_TIME: '1767225600' } });
}

/** Its UUID is a new one each time: mkfs.f2fs takes none. */
async function makeF2fs(path: string, { bytes, label }: Disk): Promise<void> {
  await (await open(path, 'wx')).close();
  await truncate(path, bytes);
  await runTool('mkfs.f2fs', ['-q', '-f', '-l', label, path]);
}

/** OVL412, for whoever finds that a board cannot be played. */
export function cannot(what: string, because: string, fix?: string): Failure {
  return new Failure({
    code: 'OVL412',
    severity: 'error',
    message: `a virtual board cannot have ${what}`,
    because,
    ...(fix === undefined ? {} : { fix }),
  });
}
