/**
 * A Debian root with systemd as init: the lab's proof that an overlay_init made for busybox boards also boots a large
 * userland. It takes a minute and about 60 MB of downloads to make, so it is cached.
 *
 * In: Debian's package mirror, as this machine's apt is set up to reach it. Out: a squashfs image.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { extract, type Header, type Pack, pack } from 'tar-stream';
import { cached } from '../../system/cache.ts';
import { runTool } from '../../system/process.ts';
import { debianFiles, excludedPaths, packages } from './debian-files.ts';
import { type RootImage, squashfsFromTar } from './image.ts';
import { type RootFile, rootTree } from './root-file.ts';
import { addToTar, rootTime } from './root-tar.ts';

const suite = 'bookworm';

export interface DebianRootOptions {
  /** Put in last, under the same rules as in a busybox root. They are part of what the cache is named by. */
  readonly files?: readonly RootFile[];
  readonly signal?: AbortSignal;
}

/**
 * The image in the cache, made when this month's is not there yet: Debian's packages change under the same name, so the
 * month belongs to the key.
 *
 * @throws Failure OVL401 when mmdebstrap or squashfs-tools is not installed, OVL405 when it fails (no network, most often)
 */
export async function debianRoot(options: DebianRootOptions = {}): Promise<RootImage> {
  const tree = rootTree(debianFiles.map(usrMerged), (options.files ?? []).map(usrMerged));
  const month = new Date().toISOString().slice(0, 7);
  const recipe = createHash('sha256')
    .update(JSON.stringify([packages, excludedPaths, tree]))
    .digest('hex');
  const folder = await cached(join('roots', `debian-${suite}-${month}-${recipe.slice(0, 16)}`), (work) =>
    makeImage(work, tree, options.signal),
  );
  const image = join(folder, 'root.squashfs');
  return { image, bytes: (await stat(image)).size };
}

/** In Debian /bin, /sbin and /lib are links into /usr, and an archive holds no file below a link. */
function usrMerged(entry: RootFile): RootFile {
  return { ...entry, path: entry.path.replace(/^\/(bin|sbin|lib)\//, '/usr/$1/') };
}

async function makeImage(
  work: string,
  tree: readonly RootFile[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const installed = join(work, 'installed.tar');
  await installPackages(installed, signal);
  await squashfsFromTar(Readable.from(withFiles(installed, tree)), join(work, 'root.squashfs'), 'zstd');
  await rm(installed);
}

/** As root mmdebstrap uses a plain chroot, otherwise a user namespace; `auto` is its own choice between them. */
async function installPackages(out: string, signal: AbortSignal | undefined): Promise<void> {
  const options = [
    '--mode=auto',
    '--variant=custom',
    '--format=tar',
    `--include=${packages.join(',')}`,
    '--aptopt=APT::Install-Recommends "false"',
    ...excludedPaths.map((path) => `--dpkgopt=path-exclude=${path}`),
  ];
  await runTool('mmdebstrap', [...options, suite, out], signal === undefined ? {} : { signal });
}

/**
 * The archive `installed` without device nodes and without what `tree` replaces, then `tree`. Rewriting the archive spares
 * mounting or unpacking it, for which one would have to be root.
 */
function withFiles(installed: string, tree: readonly RootFile[]): Pack {
  const replaced = new Set(tree.filter(({ kind }) => kind !== 'directory').map(({ path }) => path));
  const out = pack();
  copyEntries(installed, out, (path) => !replaced.has(path) && !path.startsWith('/dev/')).then(
    async (copied) => {
      for (const entry of tree) if (!copied.has(entry.path)) await addToTar(out, entry);
      out.finalize();
    },
    (error: unknown) => out.destroy(error as Error),
  );
  return out;
}

/** Copies the wanted entries, and tells their absolute paths. */
async function copyEntries(
  archive: string,
  out: Pack,
  wanted: (path: string) => boolean,
): Promise<ReadonlySet<string>> {
  const copied = new Set<string>();
  const entries = extract();
  const reading = pipeline(createReadStream(archive), entries);
  for await (const entry of entries) {
    const path = `/${entry.header.name.replace(/^\.?\/*/, '').replace(/\/$/, '')}`;
    if (path === '/' || !wanted(path)) {
      entry.resume();
    } else {
      await pipeline(entry, out.entry(placed(entry.header, path)));
      copied.add(path);
    }
  }
  await reading;
  return copied;
}

/** Relative names without a leading "./", and one time for everything. Extended attributes (ACLs of the journal) are left out. */
function placed(header: Header, path: string): Omit<Header, 'uname' | 'gname' | 'devmajor' | 'devminor'> {
  const { type, mode, uid, gid, size, linkname } = header;
  const target = type === 'link' ? linkname.replace(/^\.?\/+/, '') : linkname;
  return { name: path.slice(1), type, mode, uid, gid, size, linkname: target, mtime: rootTime };
}
