/** Random root trees, as tar entries that sqfstar makes an image of: owners, devices, links and xattrs without root. */
import { buffer } from 'node:stream/consumers';
import { execa } from 'execa';
import fc from 'fast-check';
import { type Header, pack } from 'tar-stream';

type EntryHeader = Partial<Header> & { readonly name: string };

export interface RandomEntry {
  readonly header: EntryHeader;
  readonly content: Buffer;
}

const name = fc.oneof(
  fc.constantFrom('sbin', 'etc', 'usr', 'bin', 'overlay', 'overlaykit', 'a', 'lib'),
  fc.string({
    unit: fc.constantFrom('x', 'Z', ' ', '\n', '"', '\\', '-', 'ä', '\u{1f600}', '*'),
    minLength: 1,
    maxLength: 12,
  }),
);

const content = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.integer({ min: 0, max: 40_000 }), fc.integer({ min: 0, max: 255 }))
    .map(([size, fill]) => Buffer.alloc(size, fill)),
  fc.tuple(fc.integer({ min: 0, max: 30_000 }), fc.integer()).map(([size, seed]) => noise(size, seed)),
);

const kind = fc.constantFrom(
  'file',
  'file',
  'directory',
  'directory',
  'symlink',
  'link',
  'character-device',
  'block-device',
  'fifo',
);

/** Where the entry goes: below one of the directories made so far. */
const spec = fc.record({
  parent: fc.nat(),
  name,
  kind,
  content,
  target: fc.nat(),
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: fc.constantFrom(0, 1, 1000, 65534, 100_000, 2_000_000),
  gid: fc.constantFrom(0, 5, 65534, 70_000),
  mtime: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  major: fc.integer({ min: 0, max: 4095 }),
  minor: fc.integer({ min: 0, max: 1_000_000 }),
  xattr: fc.option(fc.uint8Array({ minLength: 1, maxLength: 60 }), { freq: 3 }),
});

/** A tree in which what a board needs is there (merged or split /usr), and around it anything. */
export const randomTree: fc.Arbitrary<readonly RandomEntry[]> = fc
  .record({ merged: fc.boolean(), specs: fc.array(spec, { maxLength: 60, size: 'max' }) })
  .map(({ merged, specs }) => {
    const directories = [''];
    const files: string[] = [];
    const taken = new Set<string>();
    const entries: RandomEntry[] = [];
    const add = (header: EntryHeader, bytes: Buffer = Buffer.alloc(0)): void => {
      taken.add(header.name);
      entries.push({
        header: { mtime: new Date(1_600_000_000_000), ...header, size: bytes.length },
        content: bytes,
      });
    };
    for (const path of ['usr', 'usr/bin', 'usr/sbin', 'etc']) {
      add({ name: path, type: 'directory', mode: 0o755 });
      directories.push(path);
    }
    for (const path of ['bin', 'sbin']) {
      if (merged) add({ name: path, type: 'symlink', linkname: `usr/${path}` });
      else {
        add({ name: path, type: 'directory', mode: 0o755 });
        directories.push(path);
      }
    }
    const prefix = merged ? 'usr/' : '';
    for (const path of [
      `${prefix}bin/sh`,
      `${prefix}bin/mount`,
      `${prefix}bin/mkdir`,
      `${prefix}sbin/init`,
    ]) {
      add({ name: path, type: 'file', mode: 0o755 }, Buffer.from(`#!${path}`));
    }
    for (const one of specs) {
      const parent = directories[one.parent % directories.length] ?? '';
      const path = parent === '' ? one.name : `${parent}/${one.name}`;
      if (taken.has(path) || one.name === '.' || one.name === '..' || reserved.has(path)) continue;
      const owned = {
        name: path,
        mode: one.mode,
        uid: one.uid,
        gid: one.gid,
        mtime: new Date(one.mtime * 1000),
      };
      const pax =
        one.xattr === null
          ? {}
          : { pax: { 'SCHILY.xattr.user.note': Buffer.from(one.xattr).toString('hex') } };
      const target = files[one.target % Math.max(files.length, 1)];
      if (one.kind === 'directory') {
        add({ ...owned, ...pax, type: 'directory' });
        directories.push(path);
      } else if (one.kind === 'symlink') add({ ...owned, type: 'symlink', linkname: target ?? 'nowhere' });
      else if (one.kind === 'link' && target !== undefined) add({ ...owned, type: 'link', linkname: target });
      else if (one.kind === 'character-device' || one.kind === 'block-device') {
        add({ ...owned, type: one.kind, devmajor: one.major, devminor: one.minor });
      } else if (one.kind === 'fifo') add({ ...owned, type: 'fifo' });
      else {
        add({ ...owned, ...pax, type: 'file' }, one.content);
        files.push(path);
      }
    }
    return entries;
  });

/** Places where the tests' bundle goes: anything but a file or directory there would be refused. */
const reserved = new Set(
  ['', 'usr/'].flatMap((prefix) => [
    `${prefix}sbin/overlay_init`,
    `${prefix}sbin/overlay_helper`,
    'overlay',
    'rom',
    'tmp',
    'etc/overlaykit',
  ]),
);

/** Makes a squashfs image of the tree. */
export async function makeImage(
  entries: readonly RandomEntry[],
  image: string,
  options: readonly string[],
): Promise<void> {
  const tar = pack();
  for (const { header, content: bytes } of entries) tar.entry(header, bytes);
  tar.finalize();
  await execa('sqfstar', [...options, image], {
    input: await buffer(tar),
    env: { SOURCE_DATE_EPOCH: '1650000000' },
  });
}

/** Bytes that do not compress, the same for the same seed. */
function noise(bytes: number, seed: number): Buffer {
  const result = Buffer.alloc(bytes);
  let state = seed >>> 0;
  for (let at = 0; at < bytes; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    result[at] = state >>> 24;
  }
  return result;
}
